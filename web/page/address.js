// The page's own address: it names the stream, so that a bookmark does too, and it tells where the server is.

/** @returns {string | null} the stream that the address names, after # or as ?stream= */
export function streamInAddress() {
    if (location.hash !== '') {
        try {
            return decodeURIComponent(location.hash.slice(1));
        } catch {
            return location.hash.slice(1);
        }
    }
    return new URLSearchParams(location.search).get('stream');
}

/** @returns {boolean} the address asks for all streams at once, as ?grid */
export function gridInAddress() {
    return new URLSearchParams(location.search).has('grid');
}

/** @param {string} name of the stream that the address is to name */
export function putStreamInAddress(name) {
    put(name, false);
}

/** The address is to ask for all streams. */
export function putGridInAddress() {
    put('', true);
}

/**
 * @param {string} name
 * @param {boolean} grid
 */
function put(name, grid) {
    const url = new URL(location.href);
    url.searchParams.delete('stream');
    url.searchParams.delete('grid');
    // Without the equals sign that searchParams would write.
    url.search = grid ? [url.search.slice(1), 'grid'].filter(Boolean).join('&') : url.search;
    url.hash = encodeURIComponent(name);
    history.replaceState(null, '', url);
}

/** @returns {string} the WebSocket's address beside the page, which may lie below a path of another server */
export function socketAddress() {
    const here = new URLSearchParams(location.search);
    const url = new URL('ws', document.baseURI);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    url.searchParams.set('as', 'image'); // whatever --send-as says for other viewers
    for (const key of ['token', 'fps']) {
        const value = here.get(key);
        if (value !== null) {
            url.searchParams.set(key, value);
        }
    }
    return url.href;
}
