// The list of streams to choose from. There only when there is a choice.

import { element } from './element.js';
import { rateText, stateText, streamTitle } from './words.js';

/** @typedef {import('../messages').Stream} Stream */

export class Menu {
    #button = element('streams', HTMLButtonElement);
    #list = element('stream-list', HTMLUListElement);
    #choose;
    /** @type {Stream[]} */
    #streams = [];
    /** @type {string | null} */
    #stream = null;
    /** The place in the list that the keyboard is at. */
    #at = 0;

    /** @param {(name: string) => void} choose */
    constructor(choose) {
        this.#choose = choose;
        this.#button.addEventListener('click', () => (this.open ? this.#close() : this.#open()));
        this.#list.addEventListener('keydown', (event) => this.#key(event));
        this.#list.addEventListener('click', (event) => {
            const item = event.target instanceof Element ? event.target.closest('li') : null;
            if (item) {
                this.#take([...this.#list.children].indexOf(item));
            }
        });
        this.#list.addEventListener('pointermove', (event) => {
            const item = event.target instanceof Element ? event.target.closest('li') : null;
            if (item) {
                this.#move([...this.#list.children].indexOf(item));
            }
        });
        addEventListener('pointerdown', (event) => {
            if (this.open && event.target instanceof Element && !event.target.closest('#choice')) {
                this.#close(false);
            }
        });
    }

    get open() {
        return !this.#list.hidden;
    }

    /**
     * @param {Stream[]} streams
     * @param {string | null} stream the one that is shown; null: none, or all
     */
    show(streams, stream) {
        this.#streams = streams;
        this.#stream = stream;
        const choice = streams.some(({ name }) => name !== stream);
        element('choice', HTMLElement).hidden = !choice && (stream ?? '') === '';
        const title = stream !== null ? streamTitle(stream) : choice ? 'All streams' : '';
        const name = element('stream-name', HTMLElement);
        if (name.textContent !== title) {
            name.textContent = title;
        }
        this.#button.disabled = !choice;
        if (this.open) {
            this.#fill();
        }
    }

    #open() {
        this.#at = Math.max(
            0,
            this.#streams.findIndex(({ name }) => name === this.#stream),
        );
        this.#list.hidden = false;
        this.#button.setAttribute('aria-expanded', 'true');
        this.#fill();
        this.#list.focus();
        this.#list.children[this.#at]?.scrollIntoView({ block: 'nearest' });
    }

    /** @param {boolean} [back] the keyboard goes back to the button */
    #close(back = true) {
        this.#list.hidden = true;
        this.#button.setAttribute('aria-expanded', 'false');
        if (back) {
            this.#button.focus();
        }
    }

    /** Elements are kept: replaced under a finger or a screen reader they would be lost to it. */
    #fill() {
        while (this.#list.children.length > this.#streams.length) {
            this.#list.lastElementChild?.remove();
        }
        while (this.#list.children.length < this.#streams.length) {
            this.#list.append(item(this.#list.children.length));
        }
        this.#streams.forEach((stream, place) => {
            const li = /** @type {HTMLElement} */ (this.#list.children[place]);
            li.dataset['code'] = stream.state;
            li.setAttribute('aria-selected', String(stream.name === this.#stream));
            const [, name, facts] = li.children;
            const words = [stateText(stream.state), stream.state === 'live' && stream.fps ? `${rateText(stream.fps)} fps` : ''];
            if (name && facts) {
                name.textContent = streamTitle(stream.name);
                facts.textContent = words.filter(Boolean).join(' · ');
            }
        });
        this.#move(Math.min(this.#at, this.#streams.length - 1));
    }

    /** @param {number} place */
    #move(place) {
        this.#at = place;
        [...this.#list.children].forEach((li, index) => li.classList.toggle('at', index === place));
        this.#list.setAttribute('aria-activedescendant', this.#list.children[place]?.id ?? '');
    }

    /** @param {number} place */
    #take(place) {
        const stream = this.#streams[place];
        this.#close();
        if (stream) {
            this.#choose(stream.name);
        }
    }

    /** @param {KeyboardEvent} event */
    #key(event) {
        const last = this.#streams.length - 1;
        const places = /** @type {Record<string, number>} */ ({
            ArrowDown: Math.min(last, this.#at + 1),
            ArrowUp: Math.max(0, this.#at - 1),
            Home: 0,
            End: last,
        });
        if (event.key in places) {
            this.#move(places[event.key] ?? 0);
            this.#list.children[this.#at]?.scrollIntoView({ block: 'nearest' });
        } else if (event.key === 'Enter' || event.key === ' ') {
            this.#take(this.#at);
        } else if (event.key === 'Escape') {
            this.#close();
        } else if (event.key === 'Tab') {
            this.#close();
            return;
        } else {
            return;
        }
        event.preventDefault();
    }
}

/** @param {number} place */
function item(place) {
    const li = document.createElement('li');
    li.id = `stream-${place}`;
    li.setAttribute('role', 'option');
    const dot = document.createElement('i');
    dot.className = 'dot';
    const name = document.createElement('span');
    name.className = 'name';
    li.append(dot, name, document.createElement('small'));
    return li;
}
