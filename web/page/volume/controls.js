// The controls around the volume's pictures: what they show, and what the person does with them.

import { element } from '../element.js';
import { numberText, planeTitle } from './words.js';

/** @typedef {import('./choice.js').Choice} Choice */
/** @typedef {'slice' | 'planes' | 'space'} Layout */

/**
 * @typedef {object} Actions
 * @property {(index: number) => void} goTo
 * @property {() => void} play
 * @property {(fps: number) => void} pace
 * @property {(axis: string) => void} axis
 * @property {(layout: Layout) => void} layout
 * @property {(window: number, level: number) => void} tone
 * @property {(range: 'auto' | 'full') => void} range
 * @property {(colormap: string) => void} colormap
 * @property {(on: boolean) => void} invert
 * @property {(on: boolean) => void} smooth
 * @property {() => void} reset
 */

const LAYOUTS = /** @type {const} */ (['slice', 'planes', 'space']);

export class Controls {
    #slider = element('slice-slider', HTMLInputElement);
    #number = element('slice-number', HTMLInputElement);
    #play = element('slice-play', HTMLButtonElement);
    #axes = element('volume-axes', HTMLElement);
    #window = element('tone-window', HTMLInputElement);
    #level = element('tone-level', HTMLInputElement);
    #colormap = element('tone-colormap', HTMLSelectElement);

    /** @param {Actions} actions */
    constructor(actions) {
        this.#slider.addEventListener('input', () => actions.goTo(this.#slider.valueAsNumber));
        this.#number.addEventListener('input', () => actions.goTo(this.#number.valueAsNumber));
        this.#number.addEventListener('change', () => (this.#number.value = this.#slider.value));
        this.#play.addEventListener('click', actions.play);
        const pace = element('slice-pace', HTMLSelectElement);
        pace.addEventListener('change', () => actions.pace(Number(pace.value)));
        this.#axes.addEventListener('click', (event) => {
            const axis = event.target instanceof HTMLButtonElement ? event.target.dataset['axis'] : undefined;
            if (axis !== undefined) {
                actions.axis(axis);
            }
        });
        for (const layout of LAYOUTS) {
            element(`layout-${layout}`, HTMLButtonElement).addEventListener('click', () => actions.layout(layout));
        }
        const tone = () => actions.tone(this.#window.valueAsNumber, this.#level.valueAsNumber);
        this.#window.addEventListener('input', tone);
        this.#level.addEventListener('input', tone);
        for (const range of /** @type {const} */ (['auto', 'full'])) {
            element(`tone-${range}`, HTMLButtonElement).addEventListener('click', () => actions.range(range));
        }
        this.#colormap.addEventListener('change', () => actions.colormap(this.#colormap.value));
        for (const toggle of /** @type {const} */ (['invert', 'smooth'])) {
            const button = element(`tone-${toggle}`, HTMLButtonElement);
            button.addEventListener('click', () => actions[toggle](button.getAttribute('aria-pressed') !== 'true'));
        }
        element('tone-reset', HTMLButtonElement).addEventListener('click', actions.reset);
        const tones = element('tones-button', HTMLButtonElement);
        tones.addEventListener('click', () => this.#expand(element('tones', HTMLElement).hidden));
        this.#expand(matchMedia('(min-width: 701px) and (min-height: 501px)').matches);
        // A button that is clicked by a pointer leaves the space bar, and the arrows, to the volume; one that was come to
        // by the keyboard keeps them.
        element('volume', HTMLElement).addEventListener('click', ({ target, detail }) => {
            const button = target instanceof Element ? target.closest('button') : null;
            if (detail > 0 && button && button === document.activeElement) {
                button.blur();
            }
        });
        element('volume-controls', HTMLFormElement).addEventListener('submit', (event) => event.preventDefault());
    }

    /**
     * For another volume.
     * @param {Choice} choice
     */
    begin({ volume, finest }) {
        this.#axes.replaceChildren(
            ...volume.planes.map(({ axis }) => {
                const button = document.createElement('button');
                button.type = 'button';
                button.dataset['axis'] = axis;
                button.textContent = planeTitle(axis);
                return button;
            }),
        );
        this.#colormap.replaceChildren(...volume.colormaps.map((name) => new Option(name)));
        for (const input of [this.#window, this.#level]) {
            input.step = finest < 1 ? 'any' : String(finest);
        }
    }

    /**
     * @param {Choice} choice
     * @param {{window: number, level: number} | null} tone that the picture has; null: its colours are untouched
     * @param {{layout: Layout, smooth: boolean, playing: boolean}} how
     */
    show(choice, tone, { layout, smooth, playing }) {
        const { plane, index } = choice;
        const last = String(plane.depth - 1);
        this.#slider.max = this.#number.max = last;
        this.#slider.value = String(index);
        this.#slider.disabled = this.#number.disabled = plane.depth === 1;
        if (document.activeElement !== this.#number || this.#number.valueAsNumber !== index) {
            this.#number.value = String(index);
        }
        element('slice-last', HTMLElement).textContent = `/ ${last}`;
        for (const button of this.#axes.children) {
            button.setAttribute('aria-pressed', String(button instanceof HTMLElement && button.dataset['axis'] === choice.axis));
        }
        for (const each of LAYOUTS) {
            press(`layout-${each}`, each === layout);
        }
        for (const [input, value] of /** @type {const} */ ([
            [this.#window, tone?.window],
            [this.#level, tone?.level],
        ])) {
            if (document.activeElement !== input) {
                input.value = value === undefined ? '' : numberText(value);
            }
        }
        press('tone-auto', choice.tone === 'auto');
        press('tone-full', choice.tone === 'full');
        press('tone-invert', choice.invert);
        press('tone-smooth', smooth);
        this.#colormap.value = choice.colormap;
        const words = playing ? 'Stop' : 'Play';
        if (this.#play.getAttribute('aria-label') !== words) {
            this.#play.setAttribute('aria-label', words);
            this.#play.title = `${words} (space)`;
            this.#play.querySelector('use')?.setAttribute('href', playing ? '#icon-pause' : '#icon-play');
        }
    }

    /** Shows the row of window, level and colours, or puts it away. */
    toggleTones() {
        this.#expand(element('tones', HTMLElement).hidden);
    }

    /** @param {boolean} open */
    #expand(open) {
        element('tones', HTMLElement).hidden = !open;
        element('tones-button', HTMLElement).setAttribute('aria-expanded', String(open));
    }
}

/**
 * @param {string} id
 * @param {boolean} on
 */
function press(id, on) {
    element(id, HTMLElement).setAttribute('aria-pressed', String(on));
}
