import socket

import pytest


def test_a_test_may_not_look_up_a_name_on_the_internet():
    with pytest.raises(AssertionError, match=r"looks up 'example\.org'"):
        socket.create_connection(("example.org", 80))


def test_a_test_may_not_connect_to_another_machine():
    with socket.socket() as client, pytest.raises(AssertionError, match=r"connects to 192\.0\.2\.1"):
        client.connect(("192.0.2.1", 80))


def test_a_test_may_talk_to_this_machine():
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(("localhost", server.getsockname()[1])) as client,
    ):
        assert client.getpeername() == server.getsockname()
