import { parseSync } from 'oxc-parser';

/** What the laws look at in one source file. */
export interface Source {
  /** Path from the project's root: `src/engine/keys.ts`. */
  readonly path: string;
  readonly lines: number;
  /** Module names as written, of imports, type imports, re-exports and dynamic imports. */
  readonly imports: readonly string[];
  readonly reexports: boolean;
  /** Globals used, with the member where there is one: `process`, `Date.now`, `new Date()`. */
  readonly globals: readonly string[];
}

interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

const WATCHED = new Set(['process', 'console', 'performance', 'Date', 'Math']);

/** @throws Error when the file cannot be parsed: a check that cannot read must not pass */
export function readSource(path: string, text: string): Source {
  const { program, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`);
  const imports: string[] = [];
  const globals: string[] = [];
  let reexports = false;
  const visit = (node: Node, parent: Node | undefined): void => {
    const source = moduleOf(node);
    if (source !== undefined) imports.push(source);
    if (source !== undefined && node.type.startsWith('Export')) reexports = true;
    const used = globalOf(node, parent);
    if (used !== undefined) globals.push(used);
    for (const [key, child] of Object.entries(node)) if (key !== 'parent') each(child, node);
  };
  const each = (child: unknown, parent: Node): void => {
    if (Array.isArray(child)) for (const item of child) each(item, parent);
    else if (isNode(child)) visit(child, parent);
  };
  visit(program as unknown as Node, undefined);
  return { path, lines: text.split('\n').length - 1, imports, reexports, globals };
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

function moduleOf(node: Node): string | undefined {
  const named = [
    'ImportDeclaration',
    'ExportNamedDeclaration',
    'ExportAllDeclaration',
    'ImportExpression',
    'TSImportType',
  ];
  if (!named.includes(node.type)) return undefined;
  const source = node['source'] ?? node['argument'];
  const literal = isNode(source) && source.type === 'TSLiteralType' ? source['literal'] : source;
  return isNode(literal) && typeof literal['value'] === 'string' ? literal['value'] : undefined;
}

function globalOf(node: Node, parent: Node | undefined): string | undefined {
  if (node.type === 'NewExpression' && isNode(node['callee']) && node['callee']['name'] === 'Date') {
    return (node['arguments'] as unknown[]).length === 0 ? 'new Date()' : undefined;
  }
  const name = node['name'];
  if (node.type !== 'Identifier' || typeof name !== 'string' || !WATCHED.has(name)) return undefined;
  if (parent?.type === 'MemberExpression') {
    const property = parent['property'];
    if (parent['object'] !== node) return parent['computed'] === true ? name : undefined;
    return isNode(property) && parent['computed'] !== true ? `${name}.${String(property['name'])}` : name;
  }
  const isName =
    (parent?.type === 'Property' && parent['key'] === node && parent['shorthand'] !== true) ||
    ['MethodDefinition', 'PropertyDefinition', 'TSPropertySignature', 'TSMethodSignature'].includes(
      parent?.type ?? '',
    );
  return isName ? undefined : name;
}
