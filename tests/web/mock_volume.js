// A volume behind a mock server: slices of one colour each, which tells what they are. Red is the index,
// green the plane, blue whether every bit was asked for.

import { deflateSync } from 'node:zlib';

import { frame } from './mock_server.js';

const letters = (left, right, top, bottom, first, last) => ({ left, right, top, bottom, first, last });
const along = (index_axis, x_axis, x_flipped, y_axis, y_flipped) => ({ index_axis, x_axis, x_flipped, y_axis, y_flipped });

/** As `render-slice` describes a head of 80 x 100 x 60 voxels of 2 x 2 x 3 mm, in RAS order. */
export const VOLUME = {
    name: 'head.nii.gz',
    shape: [80, 100, 60],
    type: 'int16',
    channels: 1,
    unit: 'mm',
    values: [-1000, 3000],
    planes: [
        { axis: 'axial', depth: 60, width: 80, height: 100, spacing: [2, 2], step: 3, letters: letters('R', 'L', 'A', 'P', 'I', 'S'), frame: along(2, 0, true, 1, true) },
        { axis: 'coronal', depth: 100, width: 80, height: 90, spacing: [2, 2], step: 2, letters: letters('R', 'L', 'S', 'I', 'P', 'A'), frame: along(1, 0, true, 2, true) },
        { axis: 'sagittal', depth: 80, width: 100, height: 90, spacing: [2, 2], step: 2, letters: letters('A', 'P', 'S', 'I', 'L', 'R'), frame: along(0, 1, true, 2, true) },
    ],
    axis: 'axial',
    index: 30,
    window: 400,
    level: 40,
    colormap: 'gray',
    invert: false,
    colormaps: ['gray', 'viridis', 'hot'],
    depth_bits: 8,
};

/** A picture file of one colour. */
export function png([r, g, b], width = 16, height = 16) {
    const chunk = (type, data) => {
        const body = Buffer.concat([Buffer.from(type), data]);
        const out = Buffer.alloc(8 + data.length + 4);
        out.writeUInt32BE(data.length);
        body.copy(out, 4);
        out.writeUInt32BE(crc(body), 8 + data.length);
        return out;
    };
    const head = Buffer.alloc(13);
    head.writeUInt32BE(width);
    head.writeUInt32BE(height, 4);
    head[8] = 8; // bits
    head[9] = 2; // RGB
    const row = Buffer.concat([Buffer.from([0]), Buffer.concat(Array(width).fill(Buffer.from([r, g, b])))]);
    return Buffer.concat([
        Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
        chunk('IHDR', head),
        chunk('IDAT', deflateSync(Buffer.concat(Array(height).fill(row)))),
        chunk('IEND', Buffer.alloc(0)),
    ]);
}

function crc(bytes) {
    let sum = ~0;
    for (const byte of bytes) {
        sum ^= byte;
        for (let bit = 0; bit < 8; ++bit) sum = (sum >>> 1) ^ (0xedb88320 & -(sum & 1));
    }
    return ~sum >>> 0;
}

/** What a slice looks like. */
export function colour(volume, axis, index, lossless = true) {
    const place = volume.planes.findIndex((plane) => plane.axis === axis);
    return [Math.round((index * 250) / (volume.planes[place].depth - 1)), 40 + 60 * place, lossless ? 200 : 90];
}

export class MockVolume {
    /** What was asked, in order: the requests, with `as`. */
    asked = [];
    /** Milliseconds until an answer. */
    delay = 0;
    /** Answers wait until a test lets them go by `release`. */
    held = false;
    /** Set: the answer is that error. */
    error = null;
    /** The most that were unanswered at once, of one peer. */
    most = 0;
    #waiting = [];
    #server;

    constructor(server, volume = VOLUME) {
        this.volume = volume;
        this.#server = server;
        server.responds = true;
        server.describes = { volume };
        this.streams = [];
        server.welcome = (peer) => {
            const before = peer.heard;
            peer.unanswered = 0;
            peer.heard = (message) => {
                before(message);
                if ('request' in message) this.#hear(peer, message);
            };
            peer.send(server.list(...this.streams));
        };
    }

    get last() {
        return this.asked.at(-1);
    }

    release() {
        this.held = false;
        for (const go of this.#waiting.splice(0)) go();
    }

    #hear(peer, { request, text, as }) {
        const asked = { ...JSON.parse(text), as };
        this.asked.push(asked);
        this.most = Math.max(this.most, ++peer.unanswered);
        const go = () => {
            --peer.unanswered;
            if (peer.open) peer.send(this.#answer(request, asked));
        };
        if (this.held) this.#waiting.push(go);
        else setTimeout(go, this.delay);
    }

    #answer(request, { axis, index, window, level, range, size, as }) {
        if (this.error !== null) return frame({ type: 'text/plain', request, error: this.error });
        const { volume } = this;
        const plane = volume.planes.find((each) => each.axis === axis);
        const named = range === 'full' ? [4000, 1000] : [volume.window, volume.level];
        const meta = {
            index,
            depth: plane.depth,
            axis,
            spacing: plane.spacing,
            step: plane.step,
            values: volume.values,
            window: window ?? named[0],
            level: level ?? named[1],
            colormap: volume.colormap,
            letters: plane.letters,
            name: volume.name,
            voxel_width: plane.width,
            voxel_height: plane.height,
        };
        const [width, height] = size ?? [plane.width, plane.height];
        return frame({ type: 'image/png', request, width, height, meta }, png(colour(volume, axis, index, as === 'lossless'), width, height));
    }
}
