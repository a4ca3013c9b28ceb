"""piltext.py FONT: what render-text is measured beside. Each line of stdin as a picture of 300x150 with Pillow's ImageDraw."""
import sys

from PIL import Image, ImageDraw, ImageFont

font = ImageFont.truetype(sys.argv[1], 80)
for line in sys.stdin:
    picture = Image.new("RGBA", (300, 150), (0, 0, 0, 0))
    ImageDraw.Draw(picture).text((0, 0), line.rstrip("\n"), font=font, fill=(0, 0, 255, 255))
    sys.stdout.buffer.write(picture.tobytes())
