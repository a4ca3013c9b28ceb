// What wsserve --hub stands in for: every message of a client to every client. broadcaster.js PORT
const { WebSocketServer } = require("ws");

const server = new WebSocketServer({ port: Number(process.argv[2]), host: "127.0.0.1" });
server.on("connection", (socket) => {
  socket.on("message", (data, isBinary) => {
    for (const client of server.clients) if (client.readyState === 1) client.send(data, { binary: isBinary });
  });
});
