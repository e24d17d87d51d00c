/**
 * Where the statechart's nodes and edges lie. Edges come from LIFECYCLE alone: what the table does not have cannot be
 * drawn, and what it has cannot be left out.
 */
import { END, LIFECYCLE, type LifecycleEvent, type Place, STATES, type State } from '../../../engine/protocol/lifecycle.ts';

export type Point = { readonly x: number; readonly y: number };

export const CHART_WIDTH = 1000;
export const CHART_HEIGHT = 336;
export const NODE_WIDTH = 132;
export const NODE_HEIGHT = 60;

/** Middle of each node: the way of a session from left to right, its end below. */
export const NODES: Readonly<Record<Place, Point>> = {
  INIT: { x: 90, y: 104 },
  CONNECT: { x: 480, y: 104 },
  LISTEN: { x: 890, y: 104 },
  CLOSING: { x: 480, y: 292 },
  END: { x: 890, y: 292 },
};

/** END is a dot, not a box. */
export const END_RADIUS = 17;

/** All transitions from one place to another: one arrow. */
export type Edge = {
  readonly from: State;
  readonly to: Place;
  readonly events: readonly LifecycleEvent[];
  /** SVG path of the line. */
  readonly path: string;
  /** SVG path of its tip. */
  readonly tip: string;
  readonly label: Point;
  readonly anchor: 'start' | 'middle' | 'end';
};

/** Every arrow, in the order of the table. */
export function edgesOf(lifecycle: typeof LIFECYCLE = LIFECYCLE): readonly Edge[] {
  return STATES.flatMap((from) => {
    const byTarget = new Map<Place, LifecycleEvent[]>();
    for (const [event, to] of Object.entries(lifecycle[from]) as [LifecycleEvent, Place][]) {
      byTarget.set(to, [...(byTarget.get(to) ?? []), event]);
    }
    return [...byTarget].map(([to, events]) => ({ from, to, events, ...(from === to ? loop(from) : arrow(from, to, lifecycle)) }));
  });
}

/** The key of a transition in the live message's `edges`. */
export const edgeKey = (from: State, event: LifecycleEvent): string => `${from}>${event}`;

type Shape = Pick<Edge, 'path' | 'tip' | 'label' | 'anchor'>;

function loop(place: State): Shape {
  const { x, y } = NODES[place];
  const top = y - NODE_HEIGHT / 2;
  const left = { x: x - 34, y: top };
  const right = { x: x - 4, y: top };
  return {
    path: `M${left.x} ${left.y} C${left.x - 10} ${top - 40} ${right.x + 10} ${top - 40} ${right.x} ${right.y}`,
    tip: tipAt(right, Math.PI / 2 + 0.2),
    label: { x: x - 19, y: top - 38 },
    anchor: 'middle',
  };
}

/**
 * Straight, with its words on the left of its way. Where there is a way back, or another node between, it bends to the
 * right and has its words there, so that there and back never lie on each other.
 */
function arrow(from: Place, to: Place, lifecycle: typeof LIFECYCLE): Shape {
  const a = NODES[from];
  const b = NODES[to];
  const length = Math.hypot(b.x - a.x, b.y - a.y);
  const right = { x: -(b.y - a.y) / length, y: (b.x - a.x) / length };
  const hasBack = to !== END && Object.values(lifecycle[to]).includes(from);
  const bend = passesNode(from, to) ? 132 : hasBack ? 38 : 0;
  const middle = { x: (a.x + b.x) / 2 + right.x * bend, y: (a.y + b.y) / 2 + right.y * bend };
  const start = onBorder(from, middle);
  const end = onBorder(to, middle);
  // Slanted arrows meet other arrows half way: their words stand nearer to where they begin.
  const top = onCurve(start, middle, end, a.y === b.y || a.x === b.x ? 0.5 : 0.3);
  const side = bend === 0 ? -1 : 1;
  return {
    path: `M${round(start.x)} ${round(start.y)} Q${round(middle.x)} ${round(middle.y)} ${round(end.x)} ${round(end.y)}`,
    tip: tipAt(end, Math.atan2(end.y - middle.y, end.x - middle.x)),
    label: { x: round(top.x + side * right.x * 14), y: round(top.y + side * right.y * 14) },
    anchor: Math.abs(right.x) < 0.2 ? 'middle' : right.x * side > 0 ? 'start' : 'end',
  };
}

/** A point of a quadratic curve. @param part 0 at its start, 1 at its end */
function onCurve(start: Point, middle: Point, end: Point, part: number): Point {
  const along = (from: number, by: number, to: number) => (1 - part) ** 2 * from + 2 * part * (1 - part) * by + part ** 2 * to;
  return { x: along(start.x, middle.x, end.x), y: along(start.y, middle.y, end.y) };
}

function passesNode(from: Place, to: Place): boolean {
  const a = NODES[from];
  const b = NODES[to];
  return STATES.some((place) => {
    const node = NODES[place];
    return place !== from && place !== to && a.y === b.y && node.y === a.y && (node.x - a.x) * (node.x - b.x) < 0;
  });
}

/** Where the line from a node's middle towards a point leaves the node. */
function onBorder(place: Place, towards: Point): Point {
  const node = NODES[place];
  const dx = towards.x - node.x;
  const dy = towards.y - node.y;
  const scale =
    place === END
      ? END_RADIUS / Math.hypot(dx, dy)
      : Math.min(NODE_WIDTH / 2 / Math.abs(dx || 1e-9), NODE_HEIGHT / 2 / Math.abs(dy || 1e-9));
  return { x: node.x + dx * scale, y: node.y + dy * scale };
}

function tipAt(end: Point, angle: number): string {
  const back = (turn: number) => `${round(end.x - 9 * Math.cos(angle + turn))} ${round(end.y - 9 * Math.sin(angle + turn))}`;
  return `M${round(end.x)} ${round(end.y)} L${back(0.42)} L${back(-0.42)} Z`;
}

const round = (value: number) => Math.round(value * 10) / 10;
