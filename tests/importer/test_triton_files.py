"""Files of nvinferserver are kept as they are, and found again where they were."""

import pytest

from controller.checks.checker import check_instance
from tests.importer.stand import cameras_of, documents, imported, instance_of, rendered, said
from tests.importer.test_same_meaning import MUX, SINK, TWO, assert_same

TRITON = """\
# of the shop
infer_config {
  unique_id: 4
  gpu_ids: [0]
  max_batch_size: 8
  backend {
    triton {
      model_name: "cars"
      model_repo {
        root: "../repo"
      }
    }
  }
  postprocess {
    labelfile_path: "labels.txt"
    detection {
      num_detected_classes: 2
    }
  }
  custom_lib { path: "/opt/lib.so" }
}
input_control { interval: 0 }
"""
APP = f"{TWO}{SINK}{MUX}[primary-gie]\nenable=1\nplugin-type=1\nconfig-file=NAME\n"


def files(name: str) -> dict[str, str]:
    folder = name.rpartition("/")[0]
    return {
        "/etc/ds/app.txt": APP.replace("NAME", name),
        f"/etc/ds/{name}": TRITON,
        f"/etc/ds/{folder and folder + '/'}labels.txt": "car\nbike\n",
    }


@pytest.mark.parametrize("name", ["cars.txt", "cars.yml", "cars.pbtxt"])
def test_a_file_beside_the_app_comes_back_as_it_was(name: str) -> None:
    result = imported(files(name), "/etc/ds/app.txt")
    assert rendered(result)[name] == TRITON
    assert rendered(result)["labels.txt"] == "car\nbike\n"
    group = documents(result)[-1]["spec"]["deepstreamApp"]["primaryGie"]
    assert group == {"enable": True, "pluginType": 1, "configFile": name}
    assert f"/etc/ds/{name}:1: note: the file of nvinferserver is kept as it is, in spec.files" in said(result)
    assert f"/etc/ds/{name}:10: note: root: the relative path ../repo is kept" in said(result)
    assert_same(files(name), "/etc/ds/app.txt")


def test_paths_lead_where_they_led_when_the_file_moves() -> None:
    text = rendered(imported(files("models/cars.txt"), "/etc/ds/app.txt"))["cars.txt"]
    assert text == TRITON.replace('"../repo"', '"repo"')
    text = rendered(imported(files("models/cars.txt"), "/etc/ds/app.txt", base_dir="/opt/ds"))["cars.txt"]
    assert text == TRITON.replace('"../repo"', '"/opt/ds/repo"')


def test_nothing_is_said_of_the_group_by_the_rules() -> None:
    result = imported(files("cars.txt"), "/etc/ds/app.txt")
    assert [
        str(one) for one in check_instance(instance_of(result), cameras_of(result)) if one.severity.value == "error"
    ] == []


def test_a_file_alone_is_an_instance_without_cameras() -> None:
    result = imported({"/d/cars.yml": TRITON}, "/d/cars.yml")
    spec = documents(result)[-1]["spec"]
    assert spec["deepstreamApp"]["primaryGie"] == {
        "enable": True,
        "pluginType": 1,
        "configFile": "cars.yml",
        "gieUniqueId": 4,
    }
    assert (spec["streammux"], spec["files"]) == ({"batchSize": 8}, {"cars.yml": TRITON})


def test_a_plugin_type_that_does_not_fit_its_file_is_an_error() -> None:
    given = files("cars.txt")
    given["/etc/ds/app.txt"] = given["/etc/ds/app.txt"].replace("plugin-type=1\n", "")
    result = imported(given, "/etc/ds/app.txt")
    assert "/etc/ds/app.txt:22: error: [primary-gie] config-file: cars.txt is a file of nvinferserver" in said(result)
