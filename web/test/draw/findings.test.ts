import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { findingsOf } from "../../src/draw/findings.ts";
import { type Kind, type Shape, drawnOf } from "../../src/draw/manifest.ts";

const drawn = (...shapes: [Kind, string, number[][]][]) => ({
  ...drawnOf({ width: 640, height: 360 }),
  shapes: shapes.map(([kind, name, points], id) => ({ id, kind, name, points, fractions: false }) as unknown as Shape),
});
const told = (...shapes: [Kind, string, number[][]][]): string[] =>
  findingsOf(drawn(...shapes)).map(({ id, point, fault, refused }) => `${id}${point === null ? "" : `.${point}`} ${fault}${refused ? "!" : ""}`);
const LINE = [[1, 1], [9, 1], [5, 1], [5, 9]];
const SQUARE = [[0, 0], [9, 0], [9, 9], [0, 9]];

test("what is well drawn is left in peace", () => {
  deepEqual(told(["line", "a", LINE], ["region", "a", SQUARE], ["direction", "a", [[1, 1], [2, 2]]]), []);
  deepEqual(told(["region", "whole", [[0, 0], [640, 0], [640, 360], [0, 360]]]), []);
});

for (const [why, shape, found] of [
  ["a name with a blank", ["line", "a b", LINE], ["0 name!"]],
  ["no name", ["region", "", SQUARE], ["0 name!"]],
  ["a point left of the frame", ["line", "a", [[-1, 1], [9, 1], [5, 1], [5, 9]]], ["0.0 outside!"]],
  ["no number", ["line", "a", [[NaN, 1], [9, 1], [5, 1], [5, 9]]], ["0.0 outside!"]],
  ["a point beyond the frame", ["region", "a", [[0, 0], [641, 0], [9, 9]]], ["0.1 beyond"]],
  ["a line of no length", ["line", "a", [[1, 1], [1, 1], [5, 1], [5, 9]]], ["0 noLine!"]],
  ["an arrow of no length", ["line", "a", [[1, 1], [9, 1], [5, 1], [5, 1]]], ["0 noWay!"]],
  ["an arrow along its line", ["line", "a", [[1, 1], [9, 1], [5, 5], [9, 5]]], ["0 along"]],
  ["a direction of no length", ["direction", "a", [[5, 1], [5, 1]]], ["0 noWay!"]],
  ["a region with two corners", ["region", "a", [[0, 0], [9, 9], [0, 0]]], ["0 few"]],
  ["a region that crosses itself", ["crowd", "a", [[0, 0], [9, 9], [9, 0], [0, 9]]], ["0 crosses"]],
] as [string, [Kind, string, number[][]], string[]][]) {
  test(`${why} is told`, () => deepEqual(told(shape), found));
}

test("names are told apart by what they name", () => {
  deepEqual(told(["line", "a", LINE], ["line", "a", LINE]), ["0 taken!", "1 taken!"]);
  deepEqual(told(["region", "a", SQUARE], ["crowd", "a", SQUARE]), ["0 shared", "1 shared"]);
});
