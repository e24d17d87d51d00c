import { describe, expect, it } from 'vitest';
import { LIFECYCLE, STATES, step } from '../../../engine/protocol/lifecycle.ts';
import { CHART_HEIGHT, CHART_WIDTH, edgesOf, NODE_HEIGHT, NODE_WIDTH, NODES } from './statechart-layout.ts';

describe('statechart', () => {
  it('[LC1] draws every transition of the table exactly once, and no other', () => {
    const drawn = edgesOf().flatMap((edge) => edge.events.map((event) => `${edge.from}>${event}>${edge.to}`));
    const table = STATES.flatMap((from) => Object.entries(LIFECYCLE[from]).map(([event, to]) => `${from}>${event}>${to}`));
    expect(drawn.toSorted()).toEqual(table.toSorted());
    for (const edge of edgesOf()) for (const event of edge.events) expect(step(edge.from, event)).toBe(edge.to);
  });

  it('nodes lie within the chart and apart', () => {
    const nodes = Object.values(NODES);
    for (const [place, a] of nodes.entries()) {
      expect(a.x).toBeGreaterThanOrEqual(NODE_WIDTH / 2);
      expect(a.x).toBeLessThanOrEqual(CHART_WIDTH - NODE_WIDTH / 2);
      expect(a.y).toBeLessThanOrEqual(CHART_HEIGHT - NODE_HEIGHT / 2);
      for (const b of nodes.slice(place + 1)) expect(Math.abs(a.x - b.x) >= NODE_WIDTH || Math.abs(a.y - b.y) >= NODE_HEIGHT).toBe(true);
    }
  });

  it('labels lie within the chart and apart, and no two arrows share a line', () => {
    const edges = edgesOf();
    for (const [place, a] of edges.entries()) {
      expect(a.label.y).toBeGreaterThan(0);
      expect(a.label.y).toBeLessThan(CHART_HEIGHT);
      for (const b of edges.slice(place + 1)) {
        expect(a.path).not.toBe(b.path);
        expect(Math.hypot(a.label.x - b.label.x, a.label.y - b.label.y)).toBeGreaterThan(40);
      }
    }
  });
});
