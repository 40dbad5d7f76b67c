/** What a piece of text means; its look follows from that. */
export type Tone = 'strong' | 'quiet' | 'good' | 'bad' | 'caution';

export type Style = (tone: Tone, text: string) => string;

const SGR: Readonly<Record<Tone, readonly [on: number, off: number]>> = {
  strong: [1, 22],
  quiet: [2, 22],
  good: [32, 39],
  bad: [31, 39],
  caution: [33, 39],
};

const colored: Style = (tone, text) => `\u001B[${SGR[tone][0]}m${text}\u001B[${SGR[tone][1]}m`;
const plain: Style = (_tone, text) => text;

export function styleFor(color: boolean): Style {
  return color ? colored : plain;
}
