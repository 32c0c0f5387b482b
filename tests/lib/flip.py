# SPDX-License-Identifier: GPL-2.0-or-later
"""A proxy in front of a test's Glance that damages uploads.

flip.py PORT flip    changes one byte of an image's data on its way
flip.py PORT cut     closes the connection in the middle of it
flip.py PORT stall   takes the first part of it, and then nothing more

Prints its own port, which the system chooses, on its first line.
"""
import socket
import sys
import threading

target, mode = int(sys.argv[1]), sys.argv[2]


def pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def relay(client):
    server = socket.create_connection(("127.0.0.1", target))
    threading.Thread(target=pump, args=(server, client), daemon=True).start()
    sent = None  # bytes of the image so far; None: no upload has begun
    while data := client.recv(65536):
        # A connection carries several requests, each of which begins a packet.
        if data.startswith(b"PUT ") and b"/file HTTP/" in data:
            sent = 0
        elif sent is not None:
            sent += len(data)
            if sent > 100000 and mode == "cut":
                server.close()
                return client.close()
            if sent > 100000 and mode == "stall":
                threading.Event().wait()
            if mode == "flip" and sent > 100000:
                middle = len(data) // 2
                data = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1:]
                sent = None
        server.sendall(data)
    server.shutdown(socket.SHUT_WR)


listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=relay, args=(listener.accept()[0],), daemon=True).start()
