/** Between points of the frame and points of the screen, at any size. */
import type { Frame, Point } from "./geometry.ts";

/** The place on the screen that the frame fills, in CSS pixels. */
export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

export function toScreen([x, y]: Point, frame: Frame, { width, height }: Pick<Box, "width" | "height">): Point {
  return [(x / frame.width) * width, (y / frame.height) * height];
}

/** The point of the frame below a point of the window. */
export function toFrame(clientX: number, clientY: number, frame: Frame, box: Box): Point {
  return [
    ((clientX - box.left) / (box.width || 1)) * frame.width,
    ((clientY - box.top) / (box.height || 1)) * frame.height,
  ];
}

/** As many pixels of the frame as a length on the screen has. */
export function inFramePixels(length: number, frame: Frame, { width }: Pick<Box, "width">): number {
  return (length * frame.width) / (width || 1);
}
