// The bar: state, numbers, buttons.

import { element } from './element.js';
import { ageText, rateText, sizeText } from './words.js';

/** @typedef {import('../messages').View} View */
/** @typedef {import('./words.js').Status} Status */

export class Bar {
    #status = element('status', HTMLElement);
    #label = element('status-label', HTMLElement);
    #pause = element('pause', HTMLButtonElement);
    #save = element('save', HTMLButtonElement);
    #full = element('full', HTMLButtonElement);

    /**
     * @param {View} view
     * @param {Status} status
     * @param {boolean} answered an answer stands in the stage, and can be saved
     */
    show(view, status, answered) {
        this.#status.dataset['code'] = status.code;
        put(this.#label, status.label); // only a change is read out
        put(element('fps', HTMLElement), rateText(view.fps));
        element('fps-part', HTMLElement).hidden = view.fps === 0 && status.code !== 'live';
        put(element('size', HTMLElement), view.width > 0 ? `${view.width} × ${view.height}` : '');
        const none = view.kind === 'none' && view.tiles === null;
        put(element('bytes', HTMLElement), view.kind === 'none' ? '' : sizeText(view.bytes));
        put(element('age', HTMLElement), view.kind === 'none' || Number.isNaN(view.age) ? '' : ageText(view.age));
        put(element('drops', HTMLElement), String(view.drops));
        put(element('bad', HTMLElement), String(view.bad));
        element('drops-part', HTMLElement).hidden = view.drops === 0;
        element('bad-part', HTMLElement).hidden = view.bad === 0;
        // Its room stays, so that nothing moves when the first picture comes.
        element('stats', HTMLElement).classList.toggle('none', none);
        this.#save.disabled = view.kind === 'none' && !answered;
        this.#pause.disabled = none && !view.paused;
        const words = view.paused ? 'Go on' : 'Pause';
        if (this.#pause.getAttribute('aria-label') !== words) {
            this.#pause.setAttribute('aria-label', words);
            this.#pause.title = `${words} (space)`;
            icon(this.#pause, view.paused ? 'play' : 'pause');
        }
    }

    /** @param {boolean} on */
    full(on) {
        const words = on ? 'Leave full screen' : 'Full screen';
        this.#full.setAttribute('aria-label', words);
        this.#full.title = `${words} (f)`;
        icon(this.#full, on ? 'shrink' : 'enlarge');
    }

    /**
     * @param {string} id of a button that opens something
     * @param {boolean} open
     */
    expand(id, open) {
        element(id, HTMLElement).setAttribute('aria-expanded', String(open));
    }
}

/**
 * @param {HTMLElement} where
 * @param {string} words
 */
function put(where, words) {
    if (where.textContent !== words) {
        where.textContent = words;
    }
}

/**
 * @param {HTMLElement} button
 * @param {string} name
 */
function icon(button, name) {
    button.querySelector('use')?.setAttribute('href', `#icon-${name}`);
}
