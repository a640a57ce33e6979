import Type, { type TSchema } from 'typebox';

/** What may be missing in an answer is null in it. */
export const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
