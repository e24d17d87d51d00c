/**
 * Types from JSON schemas, so that one constant is both what the server validates with and what the tracker and the UI
 * are typed by. Covers the subset that our schemas use: object, array, string, number, integer, boolean, enum, const, anyOf.
 */
export type Schema = {
  readonly type?: 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean' | 'null';
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly enum?: readonly (string | number)[];
  readonly const?: string | number;
  readonly anyOf?: readonly Schema[];
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxItems?: number;
  readonly default?: string | number | boolean;
  readonly description?: string;
};

type Simplify<T> = { [K in keyof T]: T[K] };
type RequiredKeys<S extends Schema> = S extends { readonly required: readonly (infer R)[] } ? R : never;
type ObjectOf<S extends Schema, P extends Readonly<Record<string, Schema>>> = Simplify<
  { [K in keyof P as K extends RequiredKeys<S> ? K : never]: FromSchema<P[K]> } & {
    [K in keyof P as K extends RequiredKeys<S> ? never : K]?: FromSchema<P[K]>;
  }
>;

/** The TypeScript type of the values that a schema accepts. */
export type FromSchema<S extends Schema> = S extends { readonly const: infer C }
  ? C
  : S extends { readonly enum: readonly (infer E)[] }
    ? E
    : S extends { readonly anyOf: readonly (infer A extends Schema)[] }
      ? A extends Schema
        ? FromSchema<A>
        : never
      : S extends { readonly type: 'object'; readonly properties: infer P extends Readonly<Record<string, Schema>> }
        ? ObjectOf<S, P>
        : S extends { readonly type: 'object'; readonly additionalProperties: infer V extends Schema }
          ? Record<string, FromSchema<V>>
          : S extends { readonly type: 'array'; readonly items: infer I extends Schema }
            ? FromSchema<I>[]
            : S extends { readonly type: 'string' }
              ? string
              : S extends { readonly type: 'number' | 'integer' }
                ? number
                : S extends { readonly type: 'boolean' }
                  ? boolean
                  : S extends { readonly type: 'null' }
                    ? null
                    : unknown;
