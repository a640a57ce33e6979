import { serveTasks } from '../../codes/worker-pool.ts';
import { createXmlReader } from './read-xml.ts';
import { isXmlTask, readXml } from './xml-task.ts';

/** One for as long as the thread lives: it compiles the schemas that it meets. */
const reader = createXmlReader();

serveTasks(isXmlTask, (task) => ({ result: readXml(reader, task), transfer: [] }));
