"""server.py PORT VOLUME AXIS TOP numpy|opencv [QUALITY]: what people write before they find a tool: FastAPI, NumPy and OpenCV.

An index as text in, the slice as JPEG in base64 out, values from 0 to TOP. The volume is in memory. What makes 8 bits
of it is NumPy, as most people write it, or OpenCV itself, which is the quickest way that these have."""
import base64
import sys

import cv2
import numpy as np
import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

port, path, axis, top = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
quality = [cv2.IMWRITE_JPEG_QUALITY, int(sys.argv[6])] if len(sys.argv) > 6 else []
volume = np.load(path)
app = FastAPI()


def by_numpy(image):
    return np.clip(image / top * 255, 0, 255).astype(np.uint8)


def by_opencv(image):
    return cv2.convertScaleAbs(image, alpha=255 / top)


eight_bits = {"numpy": by_numpy, "opencv": by_opencv}[sys.argv[5]]


@app.websocket("/ws")
async def slices(socket: WebSocket):
    await socket.accept()
    try:
        while True:
            index = int(await socket.receive_text())
            image = volume[:, :, index] if axis == 2 else volume[:, index] if axis == 1 else volume[index]
            _, jpeg = cv2.imencode(".jpg", eight_bits(image), quality)
            await socket.send_text(base64.b64encode(jpeg).decode())
    except WebSocketDisconnect:
        pass


uvicorn.run(app, host="127.0.0.1", port=port, log_level="error")
