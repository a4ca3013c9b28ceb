// The panel that tells all about the picture: its header, its way here, its own data.

import { element } from './element.js';
import { sizeText } from './words.js';

/** @typedef {import('../messages').Header} Header */
/** @typedef {import('../messages').Step} Step */

const NAMES = /** @type {Record<string, string>} */ ({
    type: 'Type',
    stream: 'Stream',
    seq: 'Number',
    time_us: 'Captured',
    pts_us: 'Position',
    live: 'Live',
});
const ELSEWHERE = ['stages', 'meta', 'width', 'height'];

export class Details {
    #panel = element('details', HTMLElement);

    get open() {
        return !this.#panel.hidden;
    }

    /** @returns {boolean} it is open now */
    toggle() {
        this.#panel.hidden = !this.#panel.hidden;
        return this.open;
    }

    /**
     * @param {Header} header
     * @param {Step[]} steps
     * @param {number} rate bytes a second
     */
    show(header, steps, rate) {
        const facts = Object.entries(header).filter(([key]) => !ELSEWHERE.includes(key));
        const rows = facts.map(([key, value]) => row('div', NAMES[key] ?? key, fact(key, value)));
        element('facts', HTMLElement).replaceChildren(...rows, row('div', 'Data rate', `${sizeText(rate)}/s`));
        let before = 0;
        element('steps', HTMLElement).replaceChildren(
            ...steps.map(({ name, at }) => {
                const took = at - before;
                before = at;
                return row('li', name, `+${took.toFixed(1)} ms`);
            }),
        );
        element('steps-part', HTMLElement).hidden = false;
        this.#meta(header.meta);
    }

    /**
     * Of something that did not come as a stream.
     * @param {[string, string][]} facts names and values; what has no value is left out
     * @param {Header['meta']} meta
     */
    tell(facts, meta) {
        const known = facts.filter(([, value]) => value !== '');
        element('facts', HTMLElement).replaceChildren(...known.map(([name, value]) => row('div', name, value)));
        element('steps-part', HTMLElement).hidden = true;
        this.#meta(meta);
    }

    /** @param {Header['meta']} meta */
    #meta(meta) {
        element('meta-part', HTMLElement).hidden = meta === undefined;
        element('meta', HTMLElement).textContent = meta === undefined ? '' : JSON.stringify(meta, null, 1).slice(0, 20000);
    }
}

/**
 * @param {'div' | 'li'} tag
 * @param {string} name
 * @param {string} value
 */
function row(tag, name, value) {
    const outer = document.createElement(tag);
    const left = document.createElement(tag === 'div' ? 'dt' : 'span');
    const right = document.createElement(tag === 'div' ? 'dd' : 'span');
    left.textContent = name;
    right.textContent = value;
    outer.append(left, right);
    return outer;
}

/**
 * @param {string} key
 * @param {unknown} value
 */
function fact(key, value) {
    if (key === 'time_us' && typeof value === 'number') {
        const parts = /** @type {const} */ ({ hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3 });
        return new Date(value / 1000).toLocaleTimeString([], { ...parts, hour12: false });
    }
    if (key === 'pts_us' && typeof value === 'number') {
        return `${(value / 1e6).toFixed(2)} s`;
    }
    return typeof value === 'string' ? value : JSON.stringify(value);
}
