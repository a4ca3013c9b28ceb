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

/** @param {string} name of the stream that the address is to name */
export function putStreamInAddress(name) {
    const url = new URL(location.href);
    url.searchParams.delete('stream');
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
