"""Files of custom libraries lie in the working directory: they are taken over where they can be, and told where not."""

from tests.importer.test_app_import import MUX, SINK, TWO, app_of, imported, rendered, said

INFER = (
    "[property]\nonnx-file=/m/det.onnx\nmodel-engine-file=model_b4_gpu0_fp16.engine\nbatch-size=4\nnetwork-mode=2\n"
    "custom-lib-path=/opt/p.so\nengine-create-func-name=Build\ncustom-network-config=det.cfg\n"
)
APP = f"{TWO}{SINK}{MUX}[primary-gie]\nenable=1\nconfig-file=p.txt\n"


def test_an_engine_beside_the_configuration_is_told_with_its_line_and_remedy() -> None:
    remarks = said(imported({"app.txt": APP, "p.txt": INFER}, "app.txt"))
    assert (
        "p.txt:3: warning: model-engine-file: nvinfer writes the engine that Build builds into the working" in remarks
    )
    assert "spec.engineCache" in remarks
    # One remark for one key: the name leads to no file of the configuration folder.
    assert remarks.count("p.txt:3: ") == 1
    assert "p.txt:8: warning: custom-network-config: the library opens 'det.cfg' from the working directory" in remarks


def test_a_file_that_a_library_opens_by_itself_is_taken_over() -> None:
    result = imported({"app.txt": APP, "p.txt": INFER, "det.cfg": "[net]\nwidth=416\n"}, "app.txt")
    assert app_of(result)["files"] == {"det.cfg": "[net]\nwidth=416\n"}
    assert "p.txt:8: note: custom-network-config: det.cfg is taken over" in said(result)
    assert "custom-network-config=/workspace/configs/det.cfg\n" in rendered(result)["p.txt"]


def test_models_of_the_tracker_are_told_with_their_lines() -> None:
    tracker = "[tracker]\nenable=1\nll-lib-file=/opt/mot.so\nll-config-file=t.yml\n"
    text = (
        "BaseConfig:\n  minDetectorConfidence: 0.1\nReID:\n  onnxFile: 'reid.onnx'\n"
        '  modelEngineFile: "/m/reid.engine"\n  calibrationTableFile: cal.txt # of yesterday\n  # onnxFile: old.onnx\n'
    )
    result = imported({"app.txt": f"{TWO}{SINK}{MUX}{tracker}", "t.yml": text}, "app.txt")
    told = [str(one) for one in result.remarks if one.file == "t.yml"]
    assert [line.partition(" by itself")[0] for line in told] == [
        "t.yml:4: warning: onnxFile: the tracker's library opens 'reid.onnx'",
        "t.yml:6: warning: calibrationTableFile: the tracker's library opens 'cal.txt'",
    ]
    assert app_of(result)["files"] == {"t.yml": text}
