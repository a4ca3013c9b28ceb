// Goes through the slices by itself, at a pace: as fast as that, or as slowly as the answers come.

export class Player {
    #step;
    #ready;
    #changed;
    #timer = 0;
    #due = 0;
    /** Slices a second. */
    fps = 10;

    /**
     * @param {() => void} step to the next slice
     * @param {() => boolean} ready the last one is there
     * @param {(playing: boolean) => void} changed
     */
    constructor(step, ready, changed) {
        this.#step = step;
        this.#ready = ready;
        this.#changed = changed;
    }

    get playing() {
        return this.#timer !== 0;
    }

    /** @param {boolean} on */
    play(on) {
        if (on !== this.playing) {
            cancelAnimationFrame(this.#timer);
            this.#timer = on ? requestAnimationFrame((time) => this.#tick(time)) : 0;
            this.#due = 0;
            this.#changed(on);
        }
    }

    /** @param {number} time */
    #tick(time) {
        this.#timer = requestAnimationFrame((next) => this.#tick(next));
        if (time >= this.#due && this.#ready()) {
            // Kept on the beat, unless it was missed.
            this.#due = Math.max(this.#due + 1000 / this.fps, time);
            this.#step();
        }
    }
}
