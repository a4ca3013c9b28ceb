// The text box, and the answer to what was typed: in the stage while no stream is there, otherwise on
// a card in its corner that can be put away.

import { element } from './element.js';
import { ageText, sizeText } from './words.js';

/** @typedef {import('../messages').Answer} Reply */

export class Answer {
    #form = element('ask', HTMLFormElement);
    #input = element('ask-text', HTMLInputElement);
    #panel = element('answer', HTMLElement);
    #picture = element('answer-picture', HTMLImageElement);
    #text = element('answer-text', HTMLPreElement);
    #error = element('answer-error', HTMLParagraphElement);
    #facts = element('answer-facts', HTMLElement);
    #spoken = element('answer-spoken', HTMLElement);
    #changed;
    /** @type {Reply | null} */
    #reply = null;
    #url = '';

    /**
     * @param {(text: string) => void} ask
     * @param {() => void} changed an answer came, or was put away
     */
    constructor(ask, changed) {
        this.#changed = changed;
        this.#form.addEventListener('submit', (event) => {
            event.preventDefault();
            if (this.#input.value !== '') {
                ask(this.#input.value);
                this.#input.select(); // to be typed over, or asked again
            }
        });
        this.#input.addEventListener('keydown', (event) => {
            if (event.key === 'Escape' && !event.isComposing) {
                this.#input.blur();
                event.preventDefault();
            }
        });
        this.#picture.addEventListener('load', () => this.#measured());
        this.#picture.addEventListener('error', () => this.#reply && this.#broken(this.#reply));
    }

    /** Something stands there. */
    get open() {
        return !this.#panel.hidden;
    }

    /** It is something that can be saved. */
    get file() {
        return this.open && this.#reply?.blob ? { blob: this.#reply.blob, name: this.#reply.name } : null;
    }

    /**
     * @param {boolean} responds the server answers
     * @param {number} waiting answers that are to come
     * @param {boolean} beside there is a stream, whose picture the answer must not take the place of
     */
    show(responds, waiting, beside) {
        document.body.classList.toggle('responds', responds);
        this.#form.hidden = !responds;
        element('help-ask', HTMLElement).hidden = !responds;
        this.#form.classList.toggle('asking', waiting > 0);
        this.#panel.classList.toggle('card-beside', beside);
        this.#panel.setAttribute('aria-busy', String(waiting > 0));
        const words = waiting === 0 ? '' : waiting === 1 ? 'Waiting for the answer' : `Waiting for ${waiting} answers`;
        const state = element('ask-state', HTMLElement);
        if (state.textContent !== words) {
            state.textContent = words;
        }
    }

    /** Somebody writes. */
    get busy() {
        return this.#input === document.activeElement;
    }

    /** Puts the keyboard into the text box, unless it is in use, or is drawn on the screen and would cover half of it. */
    invite() {
        if (document.activeElement === document.body && matchMedia('(hover: hover)').matches) {
            this.#input.focus();
        }
    }

    /**
     * Puts the keyboard into the text box.
     * @returns {boolean} there is one
     */
    focus() {
        this.#input.focus();
        this.#input.select();
        return !this.#form.hidden;
    }

    /** @param {Reply} reply */
    put(reply) {
        this.#reply = reply;
        this.#drop();
        element('answer-asked', HTMLElement).textContent = reply.text;
        this.#panel.hidden = false;
        this.#picture.hidden = reply.kind !== 'picture';
        this.#picture.alt = `Answer to “${reply.text}”`;
        this.#text.hidden = reply.kind !== 'text';
        this.#text.textContent = reply.kind === 'text' ? reply.words : '';
        this.#facts.textContent = reply.blob ? this.#factsOf(reply) : '';
        element('answer-save', HTMLElement).hidden = reply.blob === null;
        if (reply.kind === 'picture' && reply.blob) {
            this.#url = URL.createObjectURL(reply.blob);
            this.#picture.src = this.#url;
        }
        this.#complain(reply.kind === 'error' ? reply.words : reply.kind === 'other' ? unshown(reply) : '');
        this.#spoken.textContent = reply.kind === 'text' ? `Answer: ${reply.words.slice(0, 500)}` : '';
        this.#changed();
    }

    /** Puts the answer away. */
    close() {
        const inside = this.#panel.contains(document.activeElement);
        this.#panel.hidden = true;
        this.#reply = null;
        this.#drop();
        this.#changed();
        if (inside) {
            this.#input.focus();
        }
    }

    /** The picture is there: its size is known. */
    #measured() {
        const { naturalWidth, naturalHeight } = this.#picture;
        if (!this.#reply || naturalWidth === 0) {
            return;
        }
        this.#picture.style.setProperty('--width', `${naturalWidth}px`);
        this.#picture.style.setProperty('--ratio', String(naturalWidth / naturalHeight));
        this.#facts.textContent = `${naturalWidth} × ${naturalHeight} · ${this.#factsOf(this.#reply)}`;
        this.#spoken.textContent = `The answer is a picture, ${naturalWidth} by ${naturalHeight} pixels`;
    }

    /** @param {Reply} reply that is no picture this browser knows */
    #broken(reply) {
        this.#picture.hidden = true;
        this.#complain(unshown(reply));
    }

    /** @param {string} words */
    #complain(words) {
        this.#error.hidden = words === '';
        this.#error.textContent = words.charAt(0).toUpperCase() + words.slice(1);
        this.#panel.classList.toggle('short', words !== '');
    }

    #drop() {
        URL.revokeObjectURL(this.#url);
        this.#url = '';
        this.#picture.removeAttribute('src');
    }

    /** @param {Reply} reply */
    #factsOf(reply) {
        return `${sizeText(reply.blob?.size ?? 0)} · ${ageText(reply.took)}`;
    }
}

/** @param {Reply} reply */
function unshown(reply) {
    return `The answer is ${reply.type}, which cannot be shown here. It can be saved.`;
}
