# SPDX-License-Identifier: GPL-2.0-or-later
"""A proxy in front of a test's Glance that damages uploads, or what is said of them.

flip.py PORT flip    changes one byte of an image's data on its way
flip.py PORT cut     closes the connection in the middle of it
flip.py PORT stall   takes the first part of it, and then nothing more
flip.py PORT 413     answers the upload with this status, and hands nothing on
flip.py PORT keep    as flip, and no image is deleted: 403
flip.py PORT size, status, hash, algorithm
                     lets all pass, and says another size, or status, or name of the hash (one
                     that there is, or is not) of what is stored

Prints its own port, which the system chooses, on its first line.
"""
import re
import socket
import sys
import threading

target, mode = int(sys.argv[1]), sys.argv[2]
# In Glance's answers, of the same length.
LIES = {
    "size": (rb'"size": (\d+)\d', rb'"size": \g<1>1'),
    "status": (rb'"active"', rb'"queued"'),
    "hash": (rb'"sha512"', rb'"sha256"'),
    "algorithm": (rb'"sha512"', rb'"blake2"'),
}


def pump(source, sink):
    try:
        while data := source.recv(65536):
            if mode in LIES:
                data = re.sub(*LIES[mode], data)
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def refuse(client, status):
    client.sendall(b"HTTP/1.1 %s Refused\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % status)
    try:
        client.shutdown(socket.SHUT_WR)
        while client.recv(65536):
            pass
    except OSError:
        pass


def relay(client):
    server = socket.create_connection(("127.0.0.1", target))
    threading.Thread(target=pump, args=(server, client), daemon=True).start()
    sent = None  # bytes of the image so far; None: no upload has begun
    while data := client.recv(65536):
        # A connection carries several requests, each of which begins a packet.
        if data.startswith(b"PUT ") and b"/file HTTP/" in data:
            if mode.isdigit():
                return refuse(client, mode.encode())
            sent = 0
        elif data.startswith(b"DELETE ") and mode == "keep":
            return refuse(client, b"403")
        elif sent is not None:
            sent += len(data)
            if sent > 100000 and mode == "cut":
                server.close()
                return client.close()
            if sent > 100000 and mode == "stall":
                threading.Event().wait()
            if mode in ("flip", "keep") and sent > 100000:
                middle = len(data) // 2
                data = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1:]
                sent = None
        server.sendall(data)
    server.shutdown(socket.SHUT_WR)


listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=relay, args=(listener.accept()[0],), daemon=True).start()
