// How many tiles stand beside each other. Pure functions.

/** @typedef {import('../messages').Tile} Tile */

const LEAST_WIDTH = 168; // of a tile; two of them stand beside each other on a phone
export const GAP = 8; // between tiles and around them, in pixels

/**
 * The height of a tile's line, which a narrow tile breaks in two; grid.css has the same numbers.
 * @param {number} across width of the tile
 */
const caption = (across) => (across <= 240 ? 50 : 34);

/**
 * As many columns as make the pictures largest; and where they would be too small, as many as may be,
 * and the grid scrolls.
 * @param {number} count of tiles
 * @param {number} width of the room
 * @param {number} height
 * @param {number} [ratio] of the pictures, width by height
 * @returns {{columns: number, height: number}} and of a tile
 */
export function arrange(count, width, height, ratio = 4 / 3) {
    const widest = Math.max(1, Math.min(count, Math.floor((width + GAP) / (LEAST_WIDTH + GAP))));
    const narrowest = (width - GAP * (widest - 1)) / widest;
    let best = { columns: widest, height: Math.round(narrowest / ratio) + caption(narrowest) };
    let largest = 0;
    for (let columns = 1; columns <= widest; ++columns) {
        const rows = Math.ceil(count / columns);
        const across = (width - GAP * (columns - 1)) / columns;
        const down = (height - GAP * (rows - 1)) / rows;
        const picture = Math.min(across, (down - caption(across)) * ratio);
        if (picture > largest && picture >= Math.min(LEAST_WIDTH, across)) {
            largest = picture;
            best = { columns, height: Math.floor(Math.min(down, across / ratio + caption(across))) };
        }
    }
    return best;
}

/**
 * Of the pictures, width by height: the middle one.
 * @param {Tile[]} tiles
 */
export function usualRatio(tiles) {
    const known = tiles.filter(({ width, height }) => width > 0 && height > 0).map(({ width, height }) => width / height);
    const middle = known.sort((a, b) => a - b)[Math.floor(known.length / 2)] ?? 4 / 3;
    return Math.min(3, Math.max(1 / 2, middle));
}
