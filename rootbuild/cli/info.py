"""`info` and `system info`: the engine and this host, in Docker's words."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime, timezone

from rootbuild import __version__
from rootbuild.backend import EngineInfo, StoredImage
from rootbuild.cli import rows
from rootbuild.cli.identity import BUILDX_VERSION, DOCKER_VERSION
from rootbuild.cli.parse import Parsed
from rootbuild.runtimes import choose_runtime
from rootbuild.template import Record, Value

INDEX = "https://index.docker.io/v1/"


def run(parsed: Parsed) -> int:
    """Print it."""
    runtime = choose_runtime()
    found = information(runtime.info(), runtime.images())
    form = parsed.text("format")
    return rows.write(rows.one(form, found) if form else rows.one(_TEXT, found))


def information(engine: EngineInfo, images: Sequence[StoredImage]) -> Record:
    """As Docker's `info` has it; what has no counterpart here is left out."""
    kernel = os.uname()
    return Record(
        ID=kernel.nodename,
        Containers=engine.running + engine.paused + engine.stopped,
        ContainersRunning=engine.running,
        ContainersPaused=engine.paused,
        ContainersStopped=engine.stopped,
        Images=sum(1 for image in images if image.names),
        Driver=engine.driver,
        DriverStatus=[list(pair) for pair in engine.status],
        Plugins=_plugins(engine),
        SystemTime=datetime.now(timezone.utc).isoformat().replace("+00:00", "Z"),
        LoggingDriver=engine.log_driver,
        CgroupDriver=engine.cgroup_driver,
        CgroupVersion=engine.cgroup_version,
        KernelVersion=engine.kernel or kernel.release,
        OperatingSystem=f"{engine.distribution} {engine.distribution_version}".strip(),
        OSVersion=engine.distribution_version,
        OSType="linux",
        Architecture=kernel.machine,
        IndexServerAddress=INDEX,
        NCPU=engine.cpus,
        MemTotal=engine.memory,
        DockerRootDir=engine.root,
        **_proxies(),
        Name=engine.hostname or kernel.nodename,
        Labels=[],
        ExperimentalBuild=False,
        ServerVersion=DOCKER_VERSION,
        Runtimes={engine.runtime: Record(path=engine.runtime)},
        DefaultRuntime=engine.runtime,
        Swarm=Record(NodeID="", LocalNodeState="inactive", ControlAvailable=False),
        LiveRestoreEnabled=False,
        SecurityOptions=_security(engine),
        Warnings=None,
        ClientInfo=_client(),
    )


def _plugins(engine: EngineInfo) -> Record:
    kinds = {"Volume": "volume", "Network": "network", "Log": "log"}
    found: dict[str, Value] = {
        shown: list(engine.plugins.get(kind, ())) for shown, kind in kinds.items()
    }
    return Record(found, Authorization=None)


def _security(engine: EngineInfo) -> list[Value]:
    """Clients look for `name=rootless`, to know who owns what containers write."""
    names = [f"name={name}" for name in engine.confinement]
    names = [f"{name},profile=builtin" if name == "name=seccomp" else name for name in names]
    private = ["name=cgroupns"] if engine.cgroup_version == "2" else []
    return [*names, *(["name=rootless"] if engine.rootless else []), *private]


def _proxies() -> Record:
    names = {"HttpProxy": "http_proxy", "HttpsProxy": "https_proxy", "NoProxy": "no_proxy"}
    return Record(
        {
            shown: os.environ.get(name.upper()) or os.environ.get(name, "")
            for shown, name in names.items()
        }
    )


def _client() -> Record:
    buildx = Record(Name="buildx", Version=BUILDX_VERSION, Vendor="rootbuild")
    debug = bool(os.environ.get("ROOTBUILD_DEBUG"))
    client = Record(Debug=debug, Version=DOCKER_VERSION, Context="default")
    return Record(client, Plugins=[buildx], Warnings=None, Rootbuild=__version__)


_TEXT = """\
Client: rootbuild {{.ClientInfo.Rootbuild}}
 Version:    {{.ClientInfo.Version}}
 Context:    {{.ClientInfo.Context}}
 Debug Mode: {{.ClientInfo.Debug}}
 Plugins:
{{- range .ClientInfo.Plugins}}
  {{.Name}}: {{.Version}}
{{- end}}

Server:
 Containers: {{.Containers}}
  Running: {{.ContainersRunning}}
  Paused: {{.ContainersPaused}}
  Stopped: {{.ContainersStopped}}
 Images: {{.Images}}
 Server Version: {{.ServerVersion}}
 Storage Driver: {{.Driver}}
{{- range .DriverStatus}}
  {{index . 0}}: {{index . 1}}
{{- end}}
 Logging Driver: {{.LoggingDriver}}
 Cgroup Driver: {{.CgroupDriver}}
 Cgroup Version: {{.CgroupVersion}}
 Plugins:
  Volume: {{join .Plugins.Volume " "}}
  Network: {{join .Plugins.Network " "}}
  Log: {{join .Plugins.Log " "}}
 Default Runtime: {{.DefaultRuntime}}
 Security Options:
{{- range .SecurityOptions}}
  {{slice . 5}}
{{- end}}
 Kernel Version: {{.KernelVersion}}
 Operating System: {{.OperatingSystem}}
 OSType: {{.OSType}}
 Architecture: {{.Architecture}}
 CPUs: {{.NCPU}}
 Total Memory: {{.MemTotal}} bytes
 Name: {{.Name}}
 Docker Root Dir: {{.DockerRootDir}}
{{- if .HttpProxy}}
 HTTP Proxy: {{.HttpProxy}}
{{- end}}
{{- if .HttpsProxy}}
 HTTPS Proxy: {{.HttpsProxy}}
{{- end}}
{{- if .NoProxy}}
 No Proxy: {{.NoProxy}}
{{- end}}"""
