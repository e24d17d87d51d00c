/**
 * Turns classes into functions that close over their fields, before minification: `this.#held` costs eight bytes wherever it
 * stands, a local variable one. What is made is still called with `new`, and still an object with the class's public members.
 *
 *   class Box { #n = 1; constructor(by) { this.#n *= by; } get n() { return this.#n; } #grow() { … } }
 *   function Box(by) { let $n = 1; function $grow() { … } const $self = { get n() { return $n; } }; $n *= by; return $self; }
 *
 * Not for every class: `instanceof` and prototypes are gone. One that extends another is left alone; a static or public field, or a
 * `this` that is passed on, ends the build.
 */
import { type ESTree, parseSync, Visitor } from 'vite';

type Span = { readonly start: number; readonly end: number };
type Edit = Span & { readonly text: string };

/** @param code JavaScript, types stripped */
export function classesToClosures(code: string): string {
  const classes: ESTree.Class[] = [];
  const thisEdits: Edit[] = [];
  const take = (node: ESTree.Class) => {
    if (!node.superClass) classes.push(node);
  };
  new Visitor({
    ClassDeclaration: take,
    ClassExpression: take,
    MemberExpression({ start, end, object, property }) {
      if (object.type !== 'ThisExpression') return;
      if (property.type === 'PrivateIdentifier') thisEdits.push({ start, end, text: `$${property.name}` });
      else thisEdits.push({ start: object.start, end: object.end, text: '$self' });
    },
  }).visit(parseSync('tracker.js', code).program);
  return edited(
    code,
    { start: 0, end: code.length },
    classes.map((node) => ({ start: node.start, end: node.end, text: closureOf(node, (span) => edited(code, span, thisEdits)) })),
  );
}

/** The text of a span, with what lies inside it replaced. */
function edited(code: string, span: Span, edits: readonly Edit[]): string {
  const inside = edits.filter(({ start, end }) => start >= span.start && end <= span.end).sort((a, b) => a.start - b.start);
  let text = '';
  let at = span.start;
  for (const edit of inside) {
    text += code.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return text + code.slice(at, span.end);
}

function closureOf(node: ESTree.Class, textOf: (span: Span) => string): string {
  const fields: string[] = [];
  const functions: string[] = [];
  const members: string[] = [];
  let parameters = '';
  let begin = '';
  for (const member of node.body.body) {
    const name = 'key' in member && member.key.type === 'PrivateIdentifier' ? `$${member.key.name}` : null;
    if (member.type === 'PropertyDefinition' && name && !member.static) {
      fields.push(`let ${name}${member.value ? ` = ${textOf(member.value)}` : ''};`);
    } else if (member.type !== 'MethodDefinition' || member.static) {
      throw new Error(`closures: ${node.id?.name ?? 'a class'} has a member that has no place in a closure (${member.type})`);
    } else if (member.kind === 'constructor') {
      parameters = member.value.params.map(textOf).join(', ');
      // An arrow, since a constructor may return early.
      begin = member.value.body ? `(() => ${textOf(member.value.body)})();` : '';
    } else if (name) functions.push(`function ${name}${textOf(member.value)}`);
    else members.push(textOf(member));
  }
  const text = `function ${node.id?.name ?? ''}(${parameters}) { ${fields.join(' ')} ${functions.join(' ')}
    const $self = { ${members.join(', ')} }; ${begin} return $self; }`;
  if (/\bthis\b/.test(text)) throw new Error(`closures: ${node.id?.name ?? 'a class'} passes “this” on`);
  return node.type === 'ClassExpression' ? `(${text})` : text;
}
