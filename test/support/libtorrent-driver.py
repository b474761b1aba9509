# Other people's BitTorrent, driven: one libtorrent session, asked by lines of JSON on stdin and answering in lines of JSON on stdout.
# A line is {"id": n, "op": name, ...}; its answer {"id": n, "result": ...} or {"id": n, "error": words}. It ends with its stdin.
#
# Everything is on one machine: many peers have one address, nothing is announced to the neighbourhood, and the hash table takes
# nodes that lie together. Over TCP alone, in the clear: what is held against it is the protocol, and its speed.

import base64
import json
import os
import sys

import libtorrent as lt

DISABLED = 2
SETTINGS = {
    "alert_mask": lt.alert.category_t.error_notification
    | lt.alert.category_t.status_notification
    | lt.alert.category_t.tracker_notification
    | lt.alert.category_t.peer_notification,
    "alert_queue_size": 10000,
    "allow_multiple_connections_per_ip": True,
    "connections_limit": 200,
    "connection_speed": 200,
    "enable_incoming_utp": False,
    "enable_outgoing_utp": False,
    "enable_lsd": False,
    "enable_natpmp": False,
    "enable_upnp": False,
    "enable_dht": False,
    "dht_bootstrap_nodes": "",
    "dht_restrict_routing_ips": False,
    "dht_restrict_search_ips": False,
    "dht_ignore_dark_internet": False,
    "dht_enforce_node_id": False,
    "dht_prefer_verified_node_ids": False,
    "dht_upload_rate_limit": 1000000,
    "dht_announce_interval": 5,
    "in_enc_policy": DISABLED,
    "out_enc_policy": DISABLED,
    "min_announce_interval": 1,
    "min_reconnect_time": 1,
    "ignore_limits_on_local_network": False,
}
VERSIONS = {"v1": lt.create_torrent.v1_only, "v2": lt.create_torrent.v2_only, "hybrid": 0}

session = None
torrents = {}
said = []


def hashes_of(info_hashes):
    return {
        "v1": str(info_hashes.v1) if info_hashes.has_v1() else None,
        "v2": str(info_hashes.v2) if info_hashes.has_v2() else None,
    }


def start(ask):
    global session
    settings = dict(SETTINGS, listen_interfaces="127.0.0.1:%d" % ask.get("port", 0))
    settings["enable_dht"] = bool(ask.get("dht"))
    settings.update(ask.get("settings", {}))
    params = lt.session_params()
    params.settings = settings
    session = lt.session(params)
    return {"port": session.listen_port(), "version": lt.__version__}


def create(ask):
    """A torrent of a file or folder; whose name is its last element."""
    path = ask["path"].rstrip("/")
    files = lt.file_storage()
    lt.add_files(files, path)
    torrent = lt.create_torrent(files, ask.get("pieceLength", 0), VERSIONS[ask["version"]])
    for tracker in ask.get("trackers", []):
        torrent.add_tracker(tracker)
    torrent.set_priv(bool(ask.get("private")))
    lt.set_piece_hashes(torrent, os.path.dirname(path))
    encoded = lt.bencode(torrent.generate())
    info = lt.torrent_info(lt.bdecode(encoded))
    return {
        "torrent": base64.b64encode(encoded).decode(),
        "magnet": lt.make_magnet_uri(info),
        "hashes": hashes_of(info.info_hashes()),
        "pieces": info.num_pieces(),
    }


def verdict(ask):
    """Whether libtorrent takes this for a torrent, and what it makes of its paths."""
    info = lt.torrent_info(lt.bdecode(base64.b64decode(ask["torrent"])))
    files = info.files()
    return {
        "name": info.name(),
        "paths": [files.file_path(i) for i in range(files.num_files())],
        "hashes": hashes_of(info.info_hashes()),
    }


def add(ask):
    if "magnet" in ask:
        params = lt.parse_magnet_uri(ask["magnet"])
    else:
        params = lt.add_torrent_params()
        params.ti = lt.torrent_info(lt.bdecode(base64.b64decode(ask["torrent"])))
    params.save_path = ask["folder"]
    params.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
    if not ask.get("pex", True):
        params.flags |= lt.torrent_flags.disable_pex
    if ask.get("seed"):
        params.flags |= lt.torrent_flags.seed_mode
    handle = session.add_torrent(params)
    number = len(torrents) + 1
    torrents[number] = handle
    for peer in ask.get("peers", []):
        connect_to(handle, peer)
    return {"torrent": number}


def connect_to(handle, address):
    host, port = address.rsplit(":", 1)
    handle.connect_peer((host, int(port)))


def connect(ask):
    connect_to(torrents[ask["torrent"]], ask["address"])
    return {}


def status(ask):
    handle = torrents[ask["torrent"]]
    now = handle.status()
    return {
        "state": str(now.state),
        "name": now.name,
        "error": now.errc.message() if now.errc.value() else None,
        "metadata": now.has_metadata,
        "pieces": sum(now.pieces),
        "progress": now.progress,
        "seeding": now.is_seeding,
        "peers": now.num_peers,
        "downBytes": now.total_payload_download,
        "upBytes": now.total_payload_upload,
        "failedBytes": now.total_failed_bytes,
        "redundantBytes": now.total_redundant_bytes,
        "hashes": hashes_of(now.info_hashes),
    }


def peers(ask):
    return [
        {
            "address": "%s:%d" % peer.ip,
            "client": peer.client.decode("utf8", "replace"),
            "flags": int(peer.flags),
            "source": int(peer.source),
            "pieces": sum(peer.pieces),
            "downBytes": peer.total_download,
            "upBytes": peer.total_upload,
            "hashFails": peer.num_hashfails,
        }
        for peer in torrents[ask["torrent"]].get_peer_info()
    ]


def limit(ask):
    """Bytes a second of all its connections; 0: no limit."""
    session.apply_settings({"upload_rate_limit": ask.get("up", 0), "download_rate_limit": ask.get("down", 0)})
    return {}


def dhtnode(ask):
    host, port = ask["address"].rsplit(":", 1)
    session.add_dht_node((host, int(port)))
    return {}


def dht(ask):
    return {"running": session.is_dht_running(), "nodes": session.status().dht_nodes}


def dhtannounce(ask):
    torrents[ask["torrent"]].force_dht_announce()
    return {}


def reannounce(ask):
    torrents[ask["torrent"]].force_reannounce()
    return {}


def recheck(ask):
    torrents[ask["torrent"]].force_recheck()
    return {}


def remove(ask):
    session.remove_torrent(torrents.pop(ask["torrent"]))
    return {}


def alerts(ask):
    """Everything that it has said so far."""
    hear()
    return said[-1000:]


def hear():
    for alert in session.pop_alerts() if session else []:
        said.append("%s: %s" % (alert.what(), alert.message()))


OPERATIONS = {
    each.__name__: each
    for each in (
        start, create, verdict, add, connect, status, peers, limit,
        dhtnode, dht, dhtannounce, reannounce, recheck, remove, alerts,
    )
}

for line in sys.stdin:
    ask = json.loads(line)
    try:
        answer = {"id": ask["id"], "result": OPERATIONS[ask["op"]](ask)}
    except Exception as error:
        answer = {"id": ask["id"], "error": "%s: %s" % (type(error).__name__, error)}
    print(json.dumps(answer), flush=True)
    hear()
# What is open is not said goodbye to: who drives it wants it gone.
os._exit(0)
