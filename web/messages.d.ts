// What the page and its engine (in a worker where there can be one) say to each other, and what the
// server says to the engine. Types only: nothing of this file is served.

/** A frame's header; framepipe-frames(5) has all of it. Other keys are shown as they come. */
export interface Header {
    type: string;
    stream?: string;
    width?: number;
    height?: number;
    seq?: number;
    time_us?: number;
    end?: boolean;
    error?: string;
    stages?: Record<string, number>;
    meta?: Record<string, unknown>;
    [key: string]: unknown;
}

export type StreamState = 'waiting' | 'live' | 'idle' | 'ended' | 'failed';

/** One stream as the server lists it; framepipe-web(7). */
export interface Stream {
    name: string;
    type?: string;
    width?: number;
    height?: number;
    state: StreamState;
    fps?: number;
    viewers?: number;
    drops?: number;
    /** Why its source failed; its pictures say it too. */
    error?: string;
}

/** Any text message of the server. */
export interface Control {
    server?: {
        version: string;
        /** It answers requests. */
        responds?: boolean;
        /** Why it cannot now. */
        trouble?: string;
        /** What the answers are of. */
        describes?: unknown;
    };
    streams?: Stream[];
    pong?: number;
    time_us?: number;
    error?: string;
}

export type Link = 'connecting' | 'open' | 'lost';
/** What came back for a text that was sent to the server's pipeline. */
export interface Answer {
    /** What was asked. */
    text: string;
    kind: 'picture' | 'text' | 'other' | 'error';
    type: string;
    /** The payload as it came; null: there is none, since it failed. */
    blob: Blob | null;
    /** The text, or why there is no answer. */
    words: string;
    /** Of the file that it is saved in. */
    name: string;
    /** Milliseconds from the question to the answer. */
    took: number;
}

/** Letters of the patient's directions at the edges of a plane's pictures, and where its first and last slice lie. */
export interface Letters {
    left: string;
    right: string;
    top: string;
    bottom: string;
    first: string;
    last: string;
}

/** One of the three ways to cut a volume. */
export interface Plane {
    /** Its name in requests: "axial", "coronal", "sagittal", or the axis of the file, "0" to "2". */
    axis: string;
    /** How many slices it has. */
    depth: number;
    /** Of its pictures, in pixels. */
    width: number;
    height: number;
    /** Of a pixel across and down, in the volume's unit. */
    spacing: [number, number];
    /** From one slice to the next, in the volume's unit. */
    step: number;
    letters?: Letters;
    /** The voxel axes that its slices go along, and which of them its pictures show backwards. */
    frame: { index_axis: number; x_axis: number; x_flipped: boolean; y_axis: number; y_flipped: boolean };
}

/** What the server's pipeline cuts slices of. */
export interface Volume {
    name: string;
    shape: number[];
    type: string;
    channels: number;
    unit: string;
    /** Smallest and largest value. */
    values: [number, number];
    planes: Plane[];
    /** What a request that names nothing gives. */
    axis: string;
    index: number;
    /** null: colours as they are. */
    window: number | null;
    level: number | null;
    colormap: string;
    invert: boolean;
    colormaps: string[];
}

/** How an answer is to come: small and soon, or with every bit. */
export type As = 'image' | 'lossless';

/** A slice that was asked for, or why there is none. */
export type Slice = {
    /** Of the request. */
    id: number;
    /** Milliseconds from the request to the answer. */
    took: number;
} & ({ bitmap: ImageBitmap; blob: Blob; header: Header } | { bitmap: null; /** For a person. */ words: string });

/** Numbers that came as text. */
export interface Sample {
    /** What stood before them; empty: nothing. */
    key: string;
    /** When they were taken, in milliseconds. */
    at: number;
    /** One number, or a list that takes the place of the one before. NaN is no number. */
    value: number | number[];
}

export type Kind = 'none' | 'picture' | 'text' | 'other';

/** What a tile of the grid shows beside its picture. */
export interface Tile {
    /** Of its stream. */
    name: string;
    kind: Kind;
    /** Of the picture; 0: there is none. */
    width: number;
    height: number;
    fps: number;
    /** As in View. */
    age: number;
    /** Pictures that could not be decoded. */
    bad: number;
    /** Its text, or the beginning of it, if that is what it shows. */
    words: string;
}

/** All that the page shows but the picture itself. */
export interface View {
    link: Link;
    /** The link was open before: connecting is reconnecting. */
    again: boolean;
    /** Milliseconds until the next attempt, while the link is lost. */
    retryIn: number;
    /** The server's answer when it refuses the connection. */
    refusal: string;
    /** Milliseconds since the server was last heard, while the link is open. */
    silent: number;
    /** The server's version; empty: not known yet. */
    version: string;
    /** The server answers what is typed. */
    responds: boolean;
    /** Why it cannot now; empty: it can. */
    trouble: string;
    /** Answers that are to come. */
    asking: number;
    streams: Stream[];
    stream: string | null;
    /** A person chose it; otherwise it is the first one. */
    named: boolean;
    /** Of the grid, while that is shown; `kind` is "none" then, and the rates are those of all tiles. */
    tiles: Tile[] | null;
    paused: boolean;
    /** What stands on the page: a picture, a text, or something that only can be saved. */
    kind: Kind;
    type: string;
    width: number;
    height: number;
    /** Of the payload as it came. */
    bytes: number;
    fps: number;
    /** Of the picture: while pictures come, when it was drawn; afterwards, now. Negative: not known. NaN: it has none. */
    age: number;
    drops: number;
    /** Pictures that could not be decoded. */
    bad: number;
}

/** A step of a picture's way, in milliseconds after its capture. */
export interface Step {
    name: string;
    at: number;
}

/** From the page to the engine. */
export type Order =
    | { order: 'start'; canvas: HTMLCanvasElement | OffscreenCanvas; url: string; stream: string | null; grid: boolean; width: number; height: number }
    | { order: 'size'; width: number; height: number }
    | { order: 'stream'; name: string }
    /** So many places further in the list. */
    | { order: 'step'; by: number }
    /** The grid is to be shown, or no longer. */
    | { order: 'grid'; on: boolean }
    /** A canvas for this stream's tile. Sizes are in device pixels. */
    | { order: 'tile'; name: string; canvas: HTMLCanvasElement | OffscreenCanvas; width: number; height: number }
    | { order: 'tile-size'; name: string; width: number; height: number }
    | { order: 'tile-gone'; name: string }
    /** Pause, or go on. */
    | { order: 'pause' }
    | { order: 'hide'; on: boolean }
    | { order: 'details'; on: boolean }
    | { order: 'save' }
    | { order: 'ask'; text: string }
    /** Asks for a slice; one at a time. */
    | { order: 'slice'; id: number; text: string; as: As }
    /** Something else stands before the stream's picture. */
    | { order: 'cover'; on: boolean }
    | { order: 'wake' };

/** From the engine to the page. */
export type Report =
    | { report: 'ready' }
    | { report: 'view'; view: View }
    | { report: 'text'; text: string; error: boolean }
    | { report: 'numbers'; stream: string; samples: Sample[] }
    | { report: 'details'; header: Header; steps: Step[]; /** bytes a second */ rate: number }
    | { report: 'saved'; blob: Blob; name: string }
    | { report: 'answer'; answer: Answer }
    /** There is another volume, or none any more. */
    | { report: 'volume'; volume: Volume | null }
    | { report: 'slice'; slice: Slice }
    | { report: 'notice'; text: string };
