#!/usr/bin/env python3
"""make_messages.py FOLDER: writes what the fuzzer of the broker's side starts from: addresses, topics, headers and properties."""
import os
import sys

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\3\0\0\0\2\x08\2\0\0\0CRC."

MESSAGES = {
    "address": b"mqtts://us%65r@one:1883,[::1]:8883/front%20door/cam/+",
    "address-plain": b"mqtt://broker/framepipe",
    "topic": b"framepipe/front%2Fdoor/frame",
    "meta": b'{"type":"image/jpeg","seq":7,"time_us":1700000000000000,"meta":{"a":[1e400,null]},"payload":{"bytes":3,"sum":"00ff"}}',
    "meta-control": '{"type":"image/png",\n"\u0085":"\u0001\uffff\U0001fffe"}'.encode(),
    "properties": b'image/png\nseq=0\ntime_us=1\nlive=true\nstages={"capture":1}\nmeta={"a":"b"}\nwidth=3',
    "properties-of-others": 'image/jpeg\ntype=x\nname=door\nstream="a"\nmeta=1\nempty=\n"=}\n\u00e9=\u00fc'.encode(),
    "picture": PNG,
    "offline": b"offline",
}

os.makedirs(sys.argv[1], exist_ok=True)
for name, message in MESSAGES.items():
    with open(os.path.join(sys.argv[1], name), "wb") as file:
        file.write(message)
