// What a person has chosen of a volume: plane, slice, window and level, colours. And the words in
// which it is asked for.

/** @typedef {import('../../messages').Plane} Plane */
/** @typedef {import('../../messages').Volume} Volume */
/** @typedef {{window: number, level: number}} Tone */

export class Choice {
    volume;
    /** The plane that slider and keys are about. */
    axis;
    colormap;
    invert;
    /** Chosen numbers, a range by name, or null: the server's own. @type {Tone | 'auto' | 'full' | null} */
    tone = null;
    /** By axis. */
    #index = /** @type {Map<string, number>} */ (new Map());

    /** @param {Volume} volume */
    constructor(volume) {
        this.volume = volume;
        this.axis = volume.axis;
        this.colormap = volume.colormap;
        this.invert = volume.invert;
        for (const { axis, depth } of volume.planes) {
            this.#index.set(axis, axis === volume.axis ? clamp(volume.index, 0, depth - 1) : Math.floor(depth / 2));
        }
    }

    /** The plane that slider and keys are about. */
    get plane() {
        return this.planeOf(this.axis);
    }

    /** @returns {number} the slice of that plane, from 0 */
    get index() {
        return this.indexOf(this.axis);
    }

    /** @param {string} axis */
    planeOf(axis) {
        const plane = this.volume.planes.find((each) => each.axis === axis);
        if (!plane) {
            throw new Error(`the volume has no plane “${axis}”`);
        }
        return plane;
    }

    /** @param {string} axis */
    indexOf(axis) {
        return this.#index.get(axis) ?? 0;
    }

    /**
     * To a slice, or to the nearest one there is.
     * @param {number} index
     * @param {string} [axis]
     */
    goTo(index, axis = this.axis) {
        if (Number.isFinite(index)) {
            this.#index.set(axis, clamp(Math.round(index), 0, this.planeOf(axis).depth - 1));
        }
    }

    /**
     * So many slices further.
     * @param {number} by
     * @param {string} [axis]
     */
    step(by, axis = this.axis) {
        this.goTo(this.indexOf(axis) + by, axis);
    }

    /**
     * A window of at least a sliver of the values, or each other's word for it.
     * @param {number} window
     * @param {number} level
     */
    setTone(window, level) {
        if (Number.isFinite(window) && Number.isFinite(level)) {
            this.tone = { window: rounded(Math.max(window, this.finest), this.finest), level: rounded(level, this.finest) };
        }
    }

    /** The smallest step of window and level that means something: 1, but for volumes of fractions. */
    get finest() {
        const [least, most] = this.volume.values;
        const span = most - least || Math.abs(most) || 1; // one value alone has a range from 0
        return /float|double/.test(this.volume.type) || span < 2 ? 10 ** Math.floor(Math.log10(Math.max(span, 1e-30)) - 3) : 1;
    }

    /** Colours and window as the server has them. */
    reset() {
        this.tone = null;
        this.colormap = this.volume.colormap;
        this.invert = this.volume.invert;
    }

    /**
     * What to ask the server's pipeline. What was not touched is not in it.
     * @param {string} axis
     */
    request(axis) {
        return {
            axis,
            index: this.indexOf(axis),
            ...(typeof this.tone === 'string' ? { range: this.tone } : this.tone),
            ...(this.colormap !== this.volume.colormap && { colormap: this.colormap }),
            ...(this.invert !== this.volume.invert && { invert: this.invert }),
        };
    }
}

const DOUBLING = 160; // pixels that a drag goes until the window is twice as wide

/**
 * Window and level after a drag: to the right the window grows, to the left it narrows, in proportion,
 * so that fine windows are fine to set; down the level rises, and the picture darkens.
 * @param {Tone} start
 * @param {number} dx pixels since it began
 * @param {number} dy
 * @returns {Tone}
 */
export function dragged(start, dx, dy) {
    return { window: start.window * 2 ** (dx / DOUBLING), level: start.level + (dy * start.window) / 300 };
}

/**
 * @param {number} value
 * @param {number} least
 * @param {number} most
 */
export function clamp(value, least, most) {
    return Math.min(most, Math.max(least, value));
}

/**
 * @param {number} value
 * @param {number} step
 */
function rounded(value, step) {
    return Number((Math.round(value / step) * step).toPrecision(12));
}
