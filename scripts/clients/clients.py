"""Unmodified libraries for Python against plenum: pusher for back ends, and pysher for clients."""

import json
import os
import queue
import time
import unittest

import pusher
import pysher

NODES = [address.split(":") for address in os.environ.get("PLENUM", "127.0.0.1:8080").split(",")]
HOST, PORT = NODES[-1]  # of the back end
KEY, SECRET = "278d425bdf160c739803", "7ad3773142a6692b25b8"
TIMEOUT = 10  # seconds

backend = pusher.Pusher(app_id="1", key=KEY, secret=SECRET, host=HOST, port=int(PORT), ssl=False)


class Client:
    """A client whose events wait in a queue."""

    def __init__(self, node, channel, event, **options):
        host, port = node
        self.events = queue.Queue()
        subscribed = queue.Queue()
        self.pusher = pysher.Pusher(KEY, secret=SECRET, custom_host=host, port=int(port), secure=False, **options)

        def connected(_):
            joined = self.pusher.subscribe(channel)
            joined.bind("pusher_internal:subscription_succeeded", subscribed.put)
            joined.bind(event, self.events.put)

        self.pusher.connection.bind("pusher:connection_established", connected)
        self.pusher.connect()
        subscribed.get(timeout=TIMEOUT)

    def event(self):
        return json.loads(self.events.get(timeout=TIMEOUT))


class Libraries(unittest.TestCase):
    def clients(self, channel, event, **options):
        """A client at each node."""
        clients = [Client(node, channel, event, **options) for node in NODES]
        for client in clients:
            self.addCleanup(client.pusher.disconnect, timeout=1)  # pysher's thread does not always end
        return clients

    def eventually(self, want, get):
        """In a cluster, a node learns the counts of the others up to a second later."""
        end = time.monotonic() + TIMEOUT
        while (got := get()) != want and time.monotonic() < end:
            time.sleep(0.02)
        self.assertEqual(want, got)

    def test_a_public_channel_receives_an_event(self):
        clients = self.clients("py", "news")
        self.assertEqual({}, backend.trigger("py", "news", {"n": 1}))
        for client in clients:
            self.assertEqual({"n": 1}, client.event())

    def test_a_private_channel_receives_a_batch_in_its_order(self):
        clients = self.clients("private-py", "news")
        backend.trigger_batch([{"channel": "private-py", "name": "news", "data": {"n": n}} for n in range(3)])
        for client in clients:
            self.assertEqual([{"n": n} for n in range(3)], [client.event() for _ in range(3)])

    def test_a_presence_channel_has_users(self):
        self.clients("presence-py", "news", user_data={"user_id": "21"})
        self.assertEqual({"users": [{"id": "21"}]}, backend.users_info("presence-py"))
        self.eventually({"channels": {"presence-py": {"user_count": 1}}}, lambda: backend.channels_info("presence-py", ["user_count"]))
        self.assertTrue(backend.channel_info("presence-py")["occupied"])

    def test_terminating_a_user_without_connections_is_no_error(self):
        self.assertEqual({}, backend.terminate_user_connections("nobody"))

    def test_a_wrong_secret_is_refused(self):
        stranger = pusher.Pusher(app_id="1", key=KEY, secret="not the secret", host=HOST, port=int(PORT), ssl=False)
        with self.assertRaises(Exception) as refused:
            stranger.trigger("py", "news", {})
        self.assertIn("auth_signature", str(refused.exception))


if __name__ == "__main__":
    unittest.main()
