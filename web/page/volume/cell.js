// One plane's picture: as large as fits or nearer, with the letters of its directions, numbers in the
// corners, and a cross where the other planes go through.

import { fit } from '../screen.js';
import { Gestures } from './gestures.js';

/** @typedef {import('../../messages').Plane} Plane */
/** @typedef {import('./gestures.js').Meaning} Meaning */
/** @typedef {'top' | 'bottom' | 'left' | 'right'} Edge */

const EDGES = /** @type {const} */ (['top', 'bottom', 'left', 'right']);
const NEAREST = 32; // times as large as fits
const CROSS = '#4fd1c5';

/**
 * @typedef {Omit<Meaning, 'zoom' | 'pan' | 'point'> & {point: (x: number, y: number) => void, resized: () => void}} Wanted
 * `point` has fractions of the picture
 */

export class Cell {
    plane;
    element = document.createElement('figure');
    #canvas = document.createElement('canvas');
    #letters = /** @type {Record<Edge, HTMLElement>} */ ({});
    #corners = [0, 1, 2, 3].map((corner) => part('p', `corner corner-${corner}`));
    #observer;
    /** @type {ImageBitmap | null} */
    #bitmap = null;
    #sharp = false;
    #smooth = true;
    /** @type {[number, number] | null} */
    #cross = null;
    /** How much nearer than it fits, and what is in the middle, in fractions of the picture. */
    #zoom = 1;
    #middle = { x: 0.5, y: 0.5 };

    /**
     * @param {Plane} plane
     * @param {Wanted} wanted
     */
    constructor(plane, wanted) {
        this.plane = plane;
        this.element.className = 'cell';
        this.element.dataset['axis'] = plane.axis;
        this.#canvas.setAttribute('role', 'img');
        this.#canvas.setAttribute('aria-label', 'No slice yet');
        this.element.append(this.#canvas, ...this.#corners);
        for (const edge of EDGES) {
            this.#letters[edge] = part('span', 'letter');
            this.#letters[edge].textContent = plane.letters?.[edge] ?? '';
            this.element.append(this.#letters[edge]);
        }
        new Gestures(this.#canvas, {
            ...wanted,
            drag: () => (this.zoomed ? 'pan' : wanted.drag()),
            zoom: (factor, x, y) => this.zoom(factor, x, y),
            pan: (dx, dy) => this.#pan(dx, dy),
            point: (x, y) => wanted.point(...this.#fraction(x, y)),
        });
        this.#canvas.addEventListener('dblclick', (event) => {
            if (this.zoomed) {
                this.whole();
                event.stopPropagation();
            }
        });
        this.#observer = new ResizeObserver(() => {
            this.#draw();
            wanted.resized();
        });
        this.#observer.observe(this.#canvas);
    }

    /** The picture that is shown; the cell's own. */
    get bitmap() {
        return this.#bitmap;
    }

    get zoomed() {
        return this.#zoom > 1;
    }

    /** For the picture as it is shown now, in device pixels. @returns {[number, number]} */
    get room() {
        const { w, h } = this.#place();
        return [w, h];
    }

    /**
     * @param {ImageBitmap} bitmap the cell's from now on
     * @param {boolean} sharp every pixel of the slice is there
     * @param {string} words what it is
     */
    put(bitmap, sharp, words) {
        this.#bitmap?.close();
        this.#bitmap = bitmap;
        this.#sharp = sharp;
        this.#canvas.setAttribute('aria-label', words);
        this.#draw();
    }

    /** @param {string[]} words for the corners: top left, top right, bottom left, bottom right */
    label(words) {
        this.#corners.forEach((corner, i) => {
            if (corner.textContent !== (words[i] ?? '')) {
                corner.textContent = words[i] ?? '';
            }
        });
    }

    /** @param {[number, number] | null} cross fractions of the picture; null: none */
    cross(cross) {
        if (cross?.[0] !== this.#cross?.[0] || cross?.[1] !== this.#cross?.[1]) {
            this.#cross = cross;
            this.#draw();
        }
    }

    /** @param {boolean} on pixels flow into each other when they are large */
    smooth(on) {
        if (on !== this.#smooth) {
            this.#smooth = on;
            this.#draw();
        }
    }

    /** As large as fits, and all of it. */
    whole() {
        this.#zoom = 1;
        this.#middle = { x: 0.5, y: 0.5 };
        this.#draw();
    }

    /**
     * @param {number} factor
     * @param {number} [x] of the window: what stays where it is; the middle
     * @param {number} [y]
     */
    zoom(factor, x, y) {
        const box = this.#canvas.getBoundingClientRect();
        const [px, py] = [x ?? box.x + box.width / 2, y ?? box.y + box.height / 2];
        const before = this.#fraction(px, py);
        this.#zoom = Math.min(NEAREST, Math.max(1, this.#zoom * factor));
        const after = this.#fraction(px, py);
        this.#middle.x += before[0] - after[0];
        this.#middle.y += before[1] - after[1];
        this.#keepInside();
        this.#draw();
    }

    remove() {
        this.#observer.disconnect();
        this.#bitmap?.close();
        this.#bitmap = null;
        this.element.remove();
    }

    /**
     * @param {number} dx pixels of the window
     * @param {number} dy
     */
    #pan(dx, dy) {
        const { w, h } = this.#place();
        this.#middle.x -= (dx * devicePixelRatio) / w;
        this.#middle.y -= (dy * devicePixelRatio) / h;
        this.#keepInside();
        this.#draw();
    }

    /** No edge of the picture comes inside the room that it fills. */
    #keepInside() {
        const { w, h } = this.#place();
        const { width, height } = this.#canvas;
        const keep = (/** @type {number} */ middle, /** @type {number} */ room, /** @type {number} */ size) => {
            const half = Math.min(0.5, room / size / 2);
            return Math.min(1 - half, Math.max(half, middle));
        };
        this.#middle.x = keep(this.#middle.x, width, w);
        this.#middle.y = keep(this.#middle.y, height, h);
    }

    /** Where the picture lies in the canvas, in device pixels. */
    #place() {
        const width = Math.max(1, Math.round(this.#canvas.clientWidth * devicePixelRatio));
        const height = Math.max(1, Math.round(this.#canvas.clientHeight * devicePixelRatio));
        const whole = fit(this.plane.width, this.plane.height, width, height);
        if (this.#zoom === 1) {
            return { ...whole, width, height };
        }
        const [w, h] = [whole.w * this.#zoom, whole.h * this.#zoom];
        return { x: width / 2 - this.#middle.x * w, y: height / 2 - this.#middle.y * h, w, h, scale: whole.scale * this.#zoom, width, height };
    }

    /**
     * @param {number} x of the window
     * @param {number} y
     * @returns {[number, number]} fractions of the picture
     */
    #fraction(x, y) {
        const box = this.#canvas.getBoundingClientRect();
        const at = this.#place();
        return [((x - box.x) * devicePixelRatio - at.x) / at.w, ((y - box.y) * devicePixelRatio - at.y) / at.h];
    }

    #draw() {
        const { x, y, w, h, width, height } = this.#place();
        if (this.#canvas.width !== width || this.#canvas.height !== height) {
            this.#canvas.width = width;
            this.#canvas.height = height;
        }
        const context = this.#canvas.getContext('2d');
        if (!context) {
            return;
        }
        context.clearRect(0, 0, width, height);
        if (this.#bitmap) {
            context.imageSmoothingEnabled = this.#smooth || !this.#sharp || w < this.#bitmap.width;
            context.imageSmoothingQuality = 'high';
            context.drawImage(this.#bitmap, x, y, w, h);
        }
        if (this.#cross) {
            drawCross(context, x + this.#cross[0] * w, y + this.#cross[1] * h, { x, y, w, h });
        }
        this.#placeLetters(x / devicePixelRatio, y / devicePixelRatio, w / devicePixelRatio, h / devicePixelRatio);
    }

    /**
     * At the edges of the picture, or of the room where the picture is larger.
     * @param {number} x
     * @param {number} y
     * @param {number} w
     * @param {number} h
     */
    #placeLetters(x, y, w, h) {
        const { clientWidth, clientHeight } = this.#canvas;
        const [left, right] = [Math.max(0, x), Math.min(clientWidth, x + w)];
        const [top, bottom] = [Math.max(0, y), Math.min(clientHeight, y + h)];
        const put = (/** @type {Edge} */ edge, /** @type {number} */ px, /** @type {number} */ py) => {
            this.#letters[edge].style.left = `${px}px`;
            this.#letters[edge].style.top = `${py}px`;
        };
        put('left', left + 14, (top + bottom) / 2);
        put('right', right - 14, (top + bottom) / 2);
        put('top', (left + right) / 2, top + 14);
        put('bottom', (left + right) / 2, bottom - 14);
    }
}

/**
 * Two lines that leave the voxel itself free.
 * @param {CanvasRenderingContext2D} context
 * @param {number} x
 * @param {number} y
 * @param {{x: number, y: number, w: number, h: number}} box
 */
function drawCross(context, x, y, box) {
    const gap = 10 * devicePixelRatio;
    context.beginPath();
    for (const [from, to] of [
        [box.x, x - gap],
        [x + gap, box.x + box.w],
    ]) {
        if (from !== undefined && to !== undefined && to > from) {
            context.moveTo(from, y);
            context.lineTo(to, y);
        }
    }
    for (const [from, to] of [
        [box.y, y - gap],
        [y + gap, box.y + box.h],
    ]) {
        if (from !== undefined && to !== undefined && to > from) {
            context.moveTo(x, from);
            context.lineTo(x, to);
        }
    }
    context.globalAlpha = 0.75;
    context.strokeStyle = CROSS;
    context.lineWidth = Math.max(1, Math.round(devicePixelRatio));
    context.stroke();
    context.globalAlpha = 1;
}

/**
 * @param {string} tag
 * @param {string} name
 */
function part(tag, name) {
    const made = document.createElement(tag);
    made.className = name;
    return made;
}
