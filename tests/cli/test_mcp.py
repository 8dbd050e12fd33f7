"""``flat mcp`` serves over standard input and output."""


def test_it_runs_the_server_of_the_tools(flat, monkeypatch):
    served = []

    class Server:
        def run(self, transport):
            served.append(transport)

    monkeypatch.setattr("flat_plugin.agents.server", Server)
    assert flat("mcp").code == 0 and served == ["stdio"]
