/** How a stream ended: in order (FIN), or torn off (RST). */
export type Ending = "fin" | "reset";

/** Where a stream flows to. After `end` nothing that is sent has an effect. */
export interface Sink {
  data(chunk: Buffer): void;
  end(ending: Ending): void;
}

/** A piece of a stream that waits in a stage: data, or the stream's end. */
export interface Held {
  readonly content: Buffer | Ending;
  /** When it came into the stage, in monotonic milliseconds. */
  readonly arrivedMs: number;
}

/** One toxic at work on one stream: takes a stream, gives it on, changed, to its own sink. */
export interface Stage extends Sink {
  /** It holds as much as it should: the source must be paused until data has left the stage. */
  readonly congested: boolean;
  /** Taking it out would leave a hole in the stream, so the connection must be closed instead. */
  readonly closesWhenRemoved: boolean;
  /** Takes a piece that waited in the stage which this one replaces. */
  resume(held: Held): void;
  /** Stops for good: cancels its timers and hands over all that it holds, in order. */
  stop(): Held[];
}

/** Gives a piece on to a sink, whatever it is. */
export function passOn(content: Buffer | Ending, sink: Sink): void {
  if (typeof content === "string") sink.end(content);
  else sink.data(content);
}
