# SPDX-License-Identifier: GPL-2.0-or-later
"""An import plugin of OpenStack's Glance: images that are not portable are refused.

armvm-image judges the staged file. An image with errors fails the import, with
the findings in the task's message; a good one gets the properties that
armvm-image derives. armvm-image-glance(7) tells how to enable it.
"""

import json
import subprocess

from glance.common import exception
from oslo_config import cfg
from taskflow import task
from taskflow.patterns import linear_flow

MESSAGE_MAX = 4000

OPTIONS = [
    cfg.StrOpt("program", default="armvm-image", help="The program that judges images."),
    cfg.StrOpt("boot", default="emulator", choices=["emulator", "none"],
               help="Whether images are booted."),
    cfg.StrOpt("config", help="A file with waivers, as armvm-image(1) describes."),
    cfg.IntOpt("timeout", default=600, min=1, help="Seconds that judging an image may take."),
]

CONF = cfg.CONF
CONF.register_opts(OPTIONS, group="armvm_check")


class Refused(exception.UploadException):
    """The image is not taken; of such exceptions alone Glance tells the uploader the text."""


def command(path):
    """The command line that judges the file at path."""
    options = CONF.armvm_check
    # Without waivers of this service's own, none are looked for in its folder.
    return [options.program, "glance", "--format", "json", "--boot", options.boot,
            "--config", options.config or "/dev/null", "--", path]


def judge(path):
    """What armvm-image says of the file: a dictionary, as in armvm-image(1), JSON OUTPUT."""
    try:
        done = subprocess.run(command(path), stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=CONF.armvm_check.timeout, check=False)
    except OSError as error:
        raise Refused("%s cannot be run: %s" % (CONF.armvm_check.program, error.strerror))
    except subprocess.TimeoutExpired:
        raise Refused("the image could not be judged in %d s" % CONF.armvm_check.timeout)
    try:
        return json.loads(done.stdout)["images"][0]
    except (ValueError, LookupError):
        said = done.stderr.decode("utf-8", "replace").strip()
        raise Refused("the image could not be judged: %s" % (said or "no answer"))


def findings(image):
    """One sentence for each error, or for each check that could not answer."""
    for check in image.get("checks", []):
        if check["severity"] != "error" or "waived" in check:
            continue
        for finding in check["findings"]:
            where = finding["where"] + ": " if finding["where"] else ""
            yield "%s: %s%s" % (check["id"], where, finding["what"])
        if check["outcome"] == "inconclusive":
            yield "%s: %s" % (check["id"], check.get("reason", "no answer"))


def refuse_unless_portable(image):
    """Raises what the uploader is to read."""
    if image["conclusion"] == "portable":
        return
    said = "; ".join(findings(image)) or image.get("error", "it could not be determined")
    raise Refused(("armvm_check: the image is %s: %s" % (
        image["conclusion"].replace("-", " "), said))[:MESSAGE_MAX])


def split(image):
    """The format, the least disk and memory, and the properties that were derived."""
    values = {p["name"]: p["value"] for p in image["glance"] if p["value"] is not None}
    fields = {p["name"]: values.pop(p["name"]) for p in image["glance"]
              if "option" in p and p["name"] in values}
    return fields, values


def apply(action, image):
    """Sets on the image what was derived; what its uploader has set stays."""
    fields, properties = split(image)
    declared, found = action.image_disk_format, fields.get("disk_format")
    if not found:
        raise Refused("armvm_check: %s" % next(
            (p["reason"] for p in image["glance"] if p["name"] == "disk_format"), "no disk_format"))
    if declared and declared != found:
        raise Refused("armvm_check: the image is declared as %s and is %s" % (declared, found))
    given = action.image_extra_properties
    action.set_image_extra_properties(
        {name: value for name, value in properties.items() if name not in given})


class _Check(task.Task):
    def __init__(self, task_id, task_type, action_wrapper):
        self.action_wrapper = action_wrapper
        super().__init__(name="%s-ArmvmCheck-%s" % (task_type, task_id))

    def execute(self, file_path, **kwargs):
        """Judges the staged file; whatever is raised fails the import."""
        image = judge(file_path[len("file://"):] if file_path.startswith("file://") else file_path)
        refuse_unless_portable(image)
        with self.action_wrapper as action:
            apply(action, image)


def get_flow(**kwargs):
    """What Glance asks for: a flow with the one task."""
    return linear_flow.Flow(kwargs["task_type"]).add(
        _Check(kwargs["task_id"], kwargs["task_type"], kwargs["action_wrapper"]))
