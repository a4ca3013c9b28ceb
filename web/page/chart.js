// The chart of the numbers that come with a stream: on a card in the corner of its picture, or in the
// stage where there is no picture.

import { element } from './element.js';
import { History, WINDOW } from './history.js';
import { plot, tickText } from './plot.js';
import { roomObserver } from './room.js';

/** @typedef {import('../messages').Sample} Sample */
/** @typedef {import('./plot.js').Line} Line */

const COLOURS = 8; // --line-1 and so on, in style.css
const SHORTEST = 5000; // of a trace; less would run away to the left as it begins

export class Chart {
    #panel = element('chart', HTMLElement);
    #canvas = element('chart-canvas', HTMLCanvasElement);
    #legend = element('chart-legend', HTMLUListElement);
    #context;
    #history = new History();
    /** Keys in the order of their appearance: each keeps its colour. */
    #colours = /** @type {Map<string, number>} */ (new Map());
    /** The stream of the numbers. @type {string | null} */
    #stream = null;
    #away = false;
    #fits = false;
    #drawing = 0;
    #changed;

    /** @param {() => void} changed the first numbers came, or it was opened or put away */
    constructor(changed) {
        this.#changed = changed;
        this.#context = this.#canvas.getContext('2d');
        roomObserver((_, width, height) => {
            this.#canvas.width = width;
            this.#canvas.height = height;
            this.#draw(); // now, since it is empty
        }).observe(this.#canvas);
        matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#soon());
    }

    /** It stands there. */
    get open() {
        return !this.#panel.hidden;
    }

    /** There are numbers to be shown. */
    get filled() {
        return !this.#history.empty;
    }

    /**
     * @param {string} stream
     * @param {Sample[]} samples
     */
    put(stream, samples) {
        if (stream !== this.#stream) {
            this.#forget(stream);
        }
        const before = this.filled;
        this.#history.put(samples);
        if (before !== this.filled) {
            this.#changed();
        }
        this.#soon();
    }

    /**
     * @param {string | null} stream that is shown alone; null: there is none
     * @param {boolean} beside there is a picture, whose place the chart must not take
     */
    show(stream, beside) {
        if (stream !== this.#stream) {
            this.#forget(stream);
        }
        this.#fits = stream !== null;
        this.#panel.classList.toggle('card-beside', beside);
        this.#panel.hidden = !this.#fits || this.#away || !this.filled;
    }

    /** @returns {boolean} there is something to open or to put away */
    toggle() {
        if (!this.filled) {
            return false;
        }
        this.#away = !this.#away;
        this.#changed();
        return true;
    }

    /** @param {string | null} stream */
    #forget(stream) {
        this.#stream = stream;
        this.#history.clear();
        this.#colours.clear();
        this.#legend.replaceChildren();
    }

    #soon() {
        if (this.#drawing === 0) {
            this.#drawing = requestAnimationFrame(() => {
                this.#drawing = 0;
                this.#draw();
            });
        }
    }

    #draw() {
        const context = this.#context;
        const { width, height } = this.#canvas;
        if (!context || !this.open || width === 0 || height === 0) {
            return;
        }
        const style = getComputedStyle(this.#panel);
        const { lists, traces, newest } = this.#history;
        const colour = (/** @type {string} */ key) => style.getPropertyValue(`--line-${this.#place(key) + 1}`);
        const look = {
            text: style.getPropertyValue('--soft'),
            grid: style.getPropertyValue('--line'),
            font: `12px ${style.fontFamily}`,
        };
        const scale = devicePixelRatio;
        context.setTransform(scale, 0, 0, scale, 0, 0);
        context.clearRect(0, 0, width / scale, height / scale);
        const parts = Number(lists.length > 0) + Number(traces.length > 0);
        const box = { x: 0, y: 0, width: width / scale, height: height / scale / Math.max(1, parts) };
        if (lists.length > 0) {
            const lines = lists.map(({ key, values }) => ({ colour: colour(key), points: values.map((y, x) => ({ x, y })) }));
            const last = Math.max(...lists.map(({ values }) => values.length - 1));
            plot(context, box, lines, { from: 0, to: Math.max(1, last), text: (x) => tickText(x, 1), whole: true }, look);
            box.y += box.height;
        }
        if (traces.length > 0) {
            const lines = traces.map(({ key, points }) => ({
                colour: colour(key),
                points: points.map(({ at, value }) => ({ x: (at - newest) / 1000, y: value })),
            }));
            const first = Math.min(...lines.map(({ points }) => points[0]?.x ?? 0));
            const from = Math.min(-SHORTEST / 1000, Math.max(-WINDOW / 1000, first));
            plot(context, box, lines, { from, to: 0, text: (x, step) => (x === 0 ? 'now' : `${tickText(x, step)} s`) }, look);
        }
        this.#tell();
    }

    /** @param {string} key */
    #place(key) {
        const known = this.#colours.get(key);
        if (known !== undefined) {
            return known;
        }
        const used = new Set(this.#colours.values());
        let place = 0;
        while (used.has(place) && place < COLOURS - 1) {
            ++place;
        }
        place = used.has(place) ? this.#colours.size % COLOURS : place;
        this.#colours.set(key, place);
        return place;
    }

    /** The legend: of a number its value, of a list how long it is. */
    #tell() {
        const { lists, traces } = this.#history;
        const facts = [
            ...lists.map(({ key, values }) => ({ key, words: values.length === 1 ? '1 value' : `${values.length} values` })),
            ...traces.map(({ key, points }) => ({ key, words: valueText(points.at(-1)?.value ?? NaN) })),
        ];
        for (const key of [...this.#colours.keys()]) {
            if (!facts.some((fact) => fact.key === key)) {
                this.#colours.delete(key);
            }
        }
        while (this.#legend.children.length > facts.length) {
            this.#legend.lastElementChild?.remove();
        }
        facts.forEach(({ key, words }, at) => {
            const item = this.#legend.children[at] ?? this.#legend.appendChild(newItem());
            const [mark, name, value] = item.children;
            const code = String(this.#place(key) + 1);
            if (mark instanceof HTMLElement && mark.dataset['line'] !== code) {
                mark.dataset['line'] = code;
            }
            put(name, key);
            put(value, words);
        });
    }
}

/** @param {number} value */
function valueText(value) {
    return Number.isNaN(value) ? 'no number' : String(Number(value.toPrecision(5))).replace('-', '−');
}

/**
 * @param {Element | undefined} where
 * @param {string} words
 */
function put(where, words) {
    if (where && where.textContent !== words) {
        where.textContent = words;
    }
}

function newItem() {
    const item = document.createElement('li');
    item.append(document.createElement('i'), document.createElement('b'), document.createElement('span'));
    return item;
}
