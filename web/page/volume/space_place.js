// The place for the view in space, which is fetched when it is entered, and gone when it is left.

/** @typedef {import('../../messages').Volume} Volume */
/** @typedef {import('./space.js').Space} Space */

export class SpacePlace {
    /** What is there now. @type {Space | null} */
    space = null;
    #room;
    /** Counts those who came and went: a view that arrives after its visitor has left is not wanted. */
    #visit = 0;
    /** @type {Volume | null} */
    #coming = null;

    /** @param {HTMLElement} room */
    constructor(room) {
        this.#room = room;
    }

    /**
     * Opens the view, unless it is there or on its way.
     * @param {Volume} volume
     * @param {(space: Space | null, words: string) => void} done it is there; or why not
     */
    async enter(volume, done) {
        if (this.space || this.#coming === volume) {
            return;
        }
        this.#coming = volume;
        const visit = ++this.#visit;
        let words = 'The 3D view could not be loaded from the server.';
        /** @type {Space | null} */
        let space = null;
        try {
            const { NoSpace, openSpace } = await import('./space.js');
            space = await openSpace(volume).catch((error) => {
                words = error instanceof NoSpace ? error.message : words;
                return null;
            });
        } catch {
            // the server is away
        }
        if (visit !== this.#visit) {
            space?.remove();
            return;
        }
        this.#coming = null;
        this.space = space;
        if (space) {
            this.#room.append(space.canvas);
        }
        done(space, words);
    }

    leave() {
        ++this.#visit;
        this.#coming = null;
        this.space?.remove();
        this.space = null;
    }
}
