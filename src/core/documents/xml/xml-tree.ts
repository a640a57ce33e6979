import { type XmlDocument, XmlElement } from 'libxml2-wasm';
import type { SchemaNode } from './form.ts';
import { fieldsOf, formOf } from './form.ts';

/** The elements in an element, in their order. */
export function* elementsIn(parent: XmlElement): Generator<XmlElement> {
  let child = parent.firstChild;
  while (child !== null) {
    // Asked for first: whoever gets the element may take it out of the tree.
    const { next } = child;
    if (child instanceof XmlElement) yield child;
    child = next;
  }
}

export function firstIn(parent: XmlElement, name: string): XmlElement | undefined {
  for (const element of elementsIn(parent)) if (element.name === name) return element;
  return undefined;
}

export interface Amount {
  readonly elements: number;
  readonly attributes: number;
}

/** Whether a tree has more than that; it is counted no further. */
export function hasMoreThan(root: XmlElement, most: Amount): boolean {
  let { elements, attributes } = most;
  const isOver = (element: XmlElement): boolean => {
    elements -= 1;
    attributes -= element.attrs.length;
    if (elements < 0 || attributes < 0) return true;
    for (const child of elementsIn(element)) if (isOver(child)) return true;
    return false;
  };
  return isOver(root);
}

/** A step of the paths that libxml2 gives: `*[2]`, `goods`, `t:goods[3]`. */
const STEP = /^([^[]+)(?:\[(\d+)\])?$/;
const NAME_SHOWN = 100;

/**
 * The JSON pointer of what libxml2 names by its path, as if the document had come in JSON. `codePlaces`: where those
 * codes stood that are still in the tree.
 */
export function pointerOf(
  { root }: XmlDocument,
  xpath: string | undefined,
  header: SchemaNode,
  codePlaces: readonly number[],
): string {
  let [element, level, pointer]: [XmlElement, SchemaNode, string] = [
    root,
    { type: 'object', properties: { body: header } },
    '',
  ];
  for (const step of (xpath ?? '').split('/').slice(2)) {
    const child = childAt(element, step);
    if (child === undefined) break;
    if (pointer === '/body/codes') {
      const place = codePlaces[[...elementsIn(element)].findIndex((one) => one.isSameNode(child))];
      return place === undefined ? pointer : `${pointer}/${place}`;
    }
    const { name } = child;
    pointer += `/${name.slice(0, NAME_SHOWN)}`;
    const schema = fieldsOf(level).find((field) => field.name === name)?.schema;
    const form = schema === undefined ? undefined : formOf(schema);
    if (form?.is === 'list') pointer += `/${placeAmongNamesakes(element, child)}`;
    level = form?.is === 'list' ? form.item : (schema ?? {});
    element = child;
  }
  return pointer;
}

/** `*` counts all elements, a name only those that are written with this name and prefix. */
function childAt(parent: XmlElement, step: string): XmlElement | undefined {
  const [, name, position = '1'] = STEP.exec(step) ?? [];
  let left = Number(position);
  for (const child of elementsIn(parent)) {
    const { prefix } = child;
    if (name !== '*' && name !== (prefix === '' ? child.name : `${prefix}:${child.name}`)) continue;
    left -= 1;
    if (left === 0) return child;
  }
  return undefined;
}

function placeAmongNamesakes(parent: XmlElement, child: XmlElement): number {
  let place = 0;
  for (const one of elementsIn(parent)) {
    if (one.isSameNode(child)) break;
    if (one.name === child.name) place += 1;
  }
  return place;
}
