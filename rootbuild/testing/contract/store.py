"""Images, containers and their files."""

from __future__ import annotations

import hashlib
import json
import uuid
from contextlib import ExitStack

import pytest

from rootbuild.backend import Backend
from rootbuild.errors import ImageNotFoundError
from rootbuild.testing.contract.containers import container, fresh_name

UNKNOWN = "0" * 64


class StoreContract:
    """Images, containers and their files."""

    def test_nothing_is_wrong_and_we_are_inside(self, backend: Backend) -> None:
        """The tests run where the backend works."""
        assert backend.check() is None
        assert backend.enter(("true",)) is None

    def test_an_id_is_the_digest_of_the_config(self, backend: Backend, base: str) -> None:
        """Ids are computed the same way everywhere."""
        assert base in {image.id for image in backend.images()}
        assert hashlib.sha256(backend.config(base)).hexdigest() == base

    def test_config_of_an_unknown_image(self, backend: Backend) -> None:
        """Callers tell a missing image by KeyError."""
        with pytest.raises(KeyError):
            backend.config(UNKNOWN)

    def test_changes_become_one_layer(self, backend: Backend, base: str) -> None:
        """What is written to the mounted root filesystem is in the image."""
        before = tuple(json.loads(backend.config(base))["rootfs"]["diff_ids"])
        with container(backend, base) as (name, rootfs):
            (rootfs / "new").write_text("content")
            layers = backend.commit(name)
        assert layers.diff_ids[:-1] == before
        assert tuple(json.loads(backend.config(layers.image))["rootfs"]["diff_ids"]) == (
            layers.diff_ids
        )
        with container(backend, layers.image) as (_, rootfs):
            assert (rootfs / "new").read_text() == "content"
            assert (rootfs / "bin/busybox").exists()
        backend.remove([layers.image])

    def test_a_further_commit_holds_all_changes(self, backend: Backend, base: str) -> None:
        """Each commit makes one layer of everything since the start."""
        with container(backend, base) as (name, rootfs):
            (rootfs / "one").write_text("1")
            first = backend.commit(name)
            (rootfs / "two").write_text("2")
            second = backend.commit(name)
        assert len(first.diff_ids) == len(second.diff_ids)
        with container(backend, second.image) as (_, rootfs):
            assert (rootfs / "one").exists()
            assert (rootfs / "two").exists()
        with container(backend, first.image) as (_, rootfs):
            assert not (rootfs / "two").exists()
        backend.remove([first.image, second.image])

    def test_a_finished_image_has_a_config_and_names(self, backend: Backend, base: str) -> None:
        """The image has exactly that config, and takes its names from whoever had them."""
        names = [f"localhost/{fresh_name()}:1", f"localhost/{fresh_name()}:2"]
        before = json.loads(backend.config(base))
        given: list[bytes] = []

        def describe(diff_ids: tuple[str, ...]) -> bytes:
            config = {"OnBuild": ["RUN /no/such/program"], "Labels": {"unique": uuid.uuid4().hex}}
            rootfs = {"type": "layers", "diff_ids": list(diff_ids)}
            given.append(json.dumps({**before, "config": config, "rootfs": rootfs}).encode())
            return given[-1]

        images = []
        for _ in range(2):
            with container(backend, base) as (name, rootfs):
                (rootfs / "new").write_text(name)
                layers = backend.finish(name, describe, names)
            images.append(layers.image)
            assert backend.config(layers.image) == given[-1]
            assert tuple(json.loads(given[-1])["rootfs"]["diff_ids"]) == layers.diff_ids
        found = {image.id: set(image.names) for image in backend.images()}
        assert (found[images[0]], found[images[1]]) == (set(), set(names))
        with container(backend, images[1]) as (_, rootfs):
            assert (rootfs / "new").read_text() == name
        backend.remove(images)
        self.forget(backend, *names)

    def test_an_image_with_names(self, backend: Backend, base: str) -> None:
        """They are given together with the image."""
        names = {f"localhost/{fresh_name()}:1", f"localhost/{fresh_name()}:2"}
        config = json.loads(backend.config(base))
        config["config"] = {"Labels": {"unique": uuid.uuid4().hex}}
        image = backend.create_image(json.dumps(config).encode(), sorted(names))
        found = next(known for known in backend.images() if known.id == image)
        assert set(found.names) == names
        self.forget(backend, *names)

    def test_unchanged_container_can_be_committed(self, backend: Backend, base: str) -> None:
        """Nothing to keep is no error."""
        with container(backend, base) as (name, _):
            layers = backend.commit(name)
        assert layers.diff_ids
        backend.remove([layers.image])

    def test_an_image_has_exactly_its_config(self, backend: Backend, base: str) -> None:
        """History and every field of the config survive, and ONBUILD triggers do not run."""
        config = json.loads(backend.config(base))
        config["config"] = {
            "Env": ["A=1"],
            "Healthcheck": {"Test": ["CMD", "true"], "Interval": 1000000000, "Retries": 3},
            "OnBuild": ["RUN /no/such/program"],
            "Shell": ["/bin/busybox", "sh", "-c"],
            "Labels": {"unique": uuid.uuid4().hex},
            "StopSignal": "SIGUSR1",
        }
        config["history"] = [
            {"created": "2020-01-01T00:00:00Z", "created_by": "LAYER", "comment": "c"},
            {"created": "2020-01-01T00:00:00Z", "created_by": "ENV A=1", "empty_layer": True},
        ]
        blob = json.dumps(config, indent=1).encode()
        image = backend.create_image(blob)
        assert image == hashlib.sha256(blob).hexdigest()
        assert backend.config(image) == blob
        assert backend.create_image(blob) == image
        with container(backend, image) as (_, rootfs):
            assert (rootfs / "bin/busybox").exists()
        assert image in {known.id for known in backend.images()}
        backend.remove([image])

    def test_containers_of_an_image_with_triggers_leave_no_image(
        self, backend: Backend, base: str
    ) -> None:
        """What an engine needs to start them without running triggers goes with the session."""
        config = json.loads(backend.config(base))
        config["config"] = {"OnBuild": ["RUN x"], "Labels": {"unique": uuid.uuid4().hex}}
        image = backend.create_image(json.dumps(config).encode())
        before = {known.id for known in backend.images()}
        with backend.session(), ExitStack() as later:
            with container(backend, image):
                _, rootfs = later.enter_context(container(backend, image))
            assert (rootfs / "bin/busybox").exists()
        assert {known.id for known in backend.images()} == before
        backend.remove([image])

    def test_layers_of_different_images(self, backend: Backend, base: str) -> None:
        """A layer that was made on one image can be put on top of another."""
        with container(backend, None) as (name, rootfs):
            (rootfs / "new").mkdir(mode=0o750)
            (rootfs / "new/file").write_text("x")
            top = backend.commit(name)
        with container(backend, base) as (name, rootfs):
            (rootfs / "between").write_text("y")
            below = backend.commit(name)
        diff_ids = [*below.diff_ids, *top.diff_ids]
        content = {"os": "linux", "rootfs": {"type": "layers", "diff_ids": diff_ids}}
        image = backend.create_image(json.dumps(content).encode())
        with container(backend, image) as (_, rootfs):
            assert (rootfs / "bin/busybox").exists()
            assert (rootfs / "between").read_text() == "y"
            assert (rootfs / "new/file").read_text() == "x"
            assert (rootfs / "new").stat().st_mode & 0o777 == 0o750
        backend.remove([image, top.image, below.image])

    def test_an_image_without_layers(self, backend: Backend) -> None:
        """FROM scratch with nothing but metadata."""
        content = {
            "architecture": "amd64",
            "os": "linux",
            "config": {"Labels": {"unique": uuid.uuid4().hex}},
            "rootfs": {"type": "layers", "diff_ids": []},
        }
        blob = json.dumps(content).encode()
        image = backend.create_image(blob)
        assert backend.config(image) == blob
        with container(backend, image) as (_, rootfs):
            assert list(rootfs.iterdir()) == []
        backend.remove([image])

    def test_start_from_nothing(self, backend: Backend) -> None:
        """An empty root filesystem; its first layer is the only one."""
        with container(backend, None) as (name, rootfs):
            assert list(rootfs.iterdir()) == []
            (rootfs / "file").write_text("x")
            layers = backend.commit(name)
        assert len(layers.diff_ids) == 1
        backend.remove([layers.image])

    @pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
    def test_a_container_ends_with_its_block(
        self, backend: Backend, base: str, error: type[BaseException]
    ) -> None:
        """Also when the block is interrupted: the name is free again."""
        name = fresh_name()
        with pytest.raises(error), backend.start(base, name), backend.mount(name) as rootfs:
            raise error
        assert not (rootfs / "bin/busybox").exists()
        with backend.start(base, name):
            pass

    def test_mounting_twice(self, backend: Backend, base: str) -> None:
        """The path is good until the outer block ends."""
        with container(backend, base) as (name, rootfs):
            with backend.mount(name) as again:
                assert again == rootfs
            assert (rootfs / "bin/busybox").exists()

    def test_a_tag_moves(self, backend: Backend, base: str) -> None:
        """A name belongs to one image."""
        name = f"localhost/{fresh_name()}:1"
        config = json.loads(backend.config(base))
        images = []
        for number in (1, 2):
            config["config"] = {"Labels": {"unique": uuid.uuid4().hex, "number": str(number)}}
            images.append(backend.create_image(json.dumps(config).encode()))
            backend.tag(images[-1], name)
        named = {image.id: image.names for image in backend.images()}
        assert named[images[0]] == ()
        assert named[images[1]] == (name,)
        backend.remove(images)
        left = {image.id for image in backend.images()}
        assert images[0] not in left
        assert images[1] in left
        self.forget(backend, name)

    def test_an_index_holds_images_for_several_platforms(self, backend: Backend, base: str) -> None:
        """It is found by each of its names, and its images by their ids."""
        names = [f"localhost/{fresh_name()}:{number}" for number in (1, 2)]
        config = json.loads(backend.config(base))
        config["config"] = {"Labels": {"unique": uuid.uuid4().hex}}
        *images, other = [
            backend.create_image(json.dumps({**config, "architecture": architecture}).encode())
            for architecture in ("amd64", "arm64", "riscv64")
        ]
        index = backend.create_index(images, names)
        (found,) = (image for image in backend.images() if image.id == index)
        assert sorted(found.names) == sorted(names)
        assert sorted(found.instances) == sorted(images)
        again = backend.create_index(images[:1], names[:1])
        left = {image.id: image.names for image in backend.images()}
        assert (left[index], left[again]) == ((names[1],), (names[0],))
        backend.tag(other, *names)
        assert {index, again}.isdisjoint(image.id for image in backend.images())
        for name in names:
            self.forget(backend, name)
        backend.remove(images)
        assert {image.id for image in backend.images()}.isdisjoint(images)

    def test_images_in_use_or_unknown_are_left_alone(self, backend: Backend, base: str) -> None:
        """Removal takes only what nobody needs."""
        with container(backend, base) as (name, rootfs):
            (rootfs / "file").write_text("x")
            image = backend.commit(name).image
        with container(backend, image) as (_, rootfs):
            backend.remove([image, UNKNOWN])
            assert image in {known.id for known in backend.images()}
            assert (rootfs / "file").exists()
        backend.remove([image])
        assert image not in {known.id for known in backend.images()}

    def test_removal_leaves_the_images_below(self, backend: Backend, base: str) -> None:
        """A nameless image is kept when one that was made on top of it goes."""
        with container(backend, base) as (name, rootfs):
            (rootfs / "below").write_text("x")
            below = backend.commit(name).image
        with container(backend, below) as (name, rootfs):
            (rootfs / "above").write_text("x")
            above = backend.commit(name).image
        backend.remove([above])
        left = {known.id for known in backend.images()}
        backend.remove([below])
        assert above not in left
        assert below in left

    def test_sweep(self, backend: Backend, base: str) -> None:
        """What a killed build left goes; unknown names are fine."""
        name = fresh_name()
        left = backend.start(base, name)
        left.__enter__()
        backend.sweep([fresh_name(), name])
        with backend.start(base, name):
            pass

    def test_pull_of_a_missing_image(self, backend: Backend) -> None:
        """Says which one, and what to do."""
        reference = f"localhost/{fresh_name()}:1"
        with pytest.raises(ImageNotFoundError) as caught:
            backend.pull(reference, "never", None)
        assert reference in caught.value.report.message

    def forget(self, backend: Backend, *names: str) -> None:
        """Take names away; the contract has no verb for that, so subclasses may."""
