// Wheel, mouse and fingers on a picture, as what they mean: other slices, another window and level,
// nearer, aside, a point.

/**
 * @typedef {object} Meaning
 * @property {() => 'page' | 'pan' | 'point'} drag what one finger or the left button does
 * @property {(steps: number) => void} page so many slices further
 * @property {() => void} toneStart a drag for window and level begins
 * @property {(dx: number, dy: number) => void} tone how far it went since then
 * @property {(factor: number, x: number, y: number) => void} zoom around a point of the window
 * @property {(dx: number, dy: number) => void} pan
 * @property {(x: number, y: number) => void} point this place of the window is meant
 */

const NOTCH = 100; // pixels that browsers say for a notch of a mouse wheel, or somewhat more
const FINE = 40; // pixels of a touch pad's stroke that are a slice
const LINES = 3; // a notch in lines
const THRESHOLD = 6; // pixels from which on a press is a drag
const PAGE_EVERY = 8; // pixels of a drag that are a slice

/** Slices from the turns of a wheel or strokes on a touch pad, whose rests are kept. */
export class WheelSteps {
    #rest = 0;

    /**
     * @param {{deltaY: number, deltaX: number, deltaMode: number}} event
     * @returns {number} slices; a whole number
     */
    take({ deltaY, deltaX, deltaMode }) {
        const delta = Math.abs(deltaY) >= Math.abs(deltaX) ? deltaY : deltaX;
        if (deltaMode === 2) {
            return Math.sign(delta);
        }
        if (deltaMode === 1 || Math.abs(delta) >= NOTCH / 2) {
            this.#rest = 0;
            return Math.sign(delta) * Math.max(1, Math.round(Math.abs(delta) / (deltaMode === 1 ? LINES : NOTCH)));
        }
        if (Math.sign(delta) !== Math.sign(this.#rest)) {
            this.#rest = 0;
        }
        this.#rest += delta;
        const steps = Math.trunc(this.#rest / FINE);
        this.#rest -= steps * FINE;
        return steps;
    }
}

/**
 * What two fingers mean once they have moved enough.
 * @param {number} shift pixels that their middle moved
 * @param {number} spread pixels that their distance changed
 * @returns {'tone' | 'zoom' | null} null: not known yet
 */
export function twoFingers(shift, spread) {
    if (Math.max(shift, Math.abs(spread)) < 2 * THRESHOLD) {
        return null;
    }
    return Math.abs(spread) > shift ? 'zoom' : 'tone';
}

/** @typedef {{x: number, y: number}} Point */
/** @typedef {'none' | 'press' | 'page' | 'pan' | 'point' | 'two' | 'tone' | 'zoom'} Doing */

export class Gestures {
    #target;
    #meaning;
    #pointers = /** @type {Map<number, Point>} */ (new Map());
    /** @type {Doing} */
    #doing = 'none';
    #start = { x: 0, y: 0 };
    #last = { x: 0, y: 0 };
    #distance = 0;
    #lastDistance = 0;
    #paged = 0;

    /**
     * @param {HTMLElement} target
     * @param {Meaning} meaning
     */
    constructor(target, meaning) {
        this.#target = target;
        this.#meaning = meaning;
        target.addEventListener('pointerdown', (event) => this.#down(event));
        target.addEventListener('pointermove', (event) => this.#move(event));
        for (const type of /** @type {const} */ (['pointerup', 'pointercancel'])) {
            target.addEventListener(type, (event) => this.#up(event));
        }
        target.addEventListener('contextmenu', (event) => event.preventDefault());
        const wheel = new WheelSteps();
        target.addEventListener(
            'wheel',
            (event) => {
                event.preventDefault();
                if (event.ctrlKey) {
                    meaning.zoom(Math.exp(-event.deltaY / (Math.abs(event.deltaY) >= NOTCH / 2 ? 4 * NOTCH : NOTCH)), event.clientX, event.clientY);
                    return;
                }
                const steps = wheel.take(event);
                if (steps !== 0) {
                    meaning.page(steps);
                }
            },
            { passive: false },
        );
    }

    /** @param {PointerEvent} event */
    #down(event) {
        if (event.button === 1) {
            return;
        }
        this.#target.setPointerCapture(event.pointerId);
        this.#pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
        if (this.#pointers.size === 2) {
            this.#begin('two');
        } else if (this.#pointers.size > 2) {
            this.#doing = 'none';
        } else if (event.button === 2 || (event.button === 0 && event.shiftKey)) {
            this.#begin('tone');
            this.#meaning.toneStart();
        } else {
            this.#begin(this.#meaning.drag() === 'point' ? 'point' : 'press');
            if (this.#doing === 'point') {
                this.#meaning.point(event.clientX, event.clientY);
            }
        }
    }

    /** @param {Doing} doing */
    #begin(doing) {
        this.#doing = doing;
        this.#start = this.#last = this.#middle();
        this.#distance = this.#lastDistance = this.#spread();
        this.#paged = 0;
    }

    /** @param {PointerEvent} event */
    #move(event) {
        const pointer = this.#pointers.get(event.pointerId);
        if (!pointer) {
            return;
        }
        pointer.x = event.clientX;
        pointer.y = event.clientY;
        const at = this.#middle();
        const dx = at.x - this.#start.x;
        const dy = at.y - this.#start.y;
        if (this.#doing === 'press' && Math.hypot(dx, dy) >= THRESHOLD) {
            this.#doing = this.#meaning.drag();
        } else if (this.#doing === 'two') {
            const doing = twoFingers(Math.hypot(dx, dy), this.#spread() - this.#distance);
            if (doing) {
                this.#begin(doing); // from here on, so that nothing jumps
                this.#meaning.toneStart();
            }
            return;
        }
        if (this.#doing === 'page') {
            const pages = Math.trunc(dy / PAGE_EVERY);
            if (pages !== this.#paged) {
                this.#meaning.page(pages - this.#paged);
                this.#paged = pages;
            }
        } else if (this.#doing === 'tone') {
            this.#meaning.tone(dx, dy);
        } else if (this.#doing === 'point') {
            this.#meaning.point(at.x, at.y);
        } else if (this.#doing === 'pan' || this.#doing === 'zoom') {
            const distance = this.#spread();
            if (this.#doing === 'zoom' && this.#lastDistance > 0) {
                this.#meaning.zoom(distance / this.#lastDistance, at.x, at.y);
            }
            this.#meaning.pan(at.x - this.#last.x, at.y - this.#last.y);
            this.#lastDistance = distance;
        }
        this.#last = at;
    }

    /** @param {PointerEvent} event */
    #up(event) {
        this.#pointers.delete(event.pointerId);
        this.#doing = 'none'; // a finger that stays does nothing more
    }

    /** @returns {Point} */
    #middle() {
        const all = [...this.#pointers.values()];
        const sum = all.reduce((a, b) => ({ x: a.x + b.x, y: a.y + b.y }), { x: 0, y: 0 });
        return { x: sum.x / all.length, y: sum.y / all.length };
    }

    #spread() {
        const [a, b] = [...this.#pointers.values()];
        return a && b ? Math.hypot(a.x - b.x, a.y - b.y) : 0;
    }
}
