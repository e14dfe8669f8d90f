"""One function for each runtime: `open(files, threads, batch)` gives `infer(images)`.

Images go in as a NumPy array and scores come out as one; that call is what is timed. All compute in float32 and are told
how many threads to use. Nothing is imported before it is needed, so that `opening` and `start` see each runtime's own
imports only.
"""
import os

import numpy as np


class Unable(Exception):
    """What a runtime does not offer."""


def pith(files, threads, batch, exact=False):
    import pith_library
    session = pith_library.Session(pith_library.load(os.environ["PITH_LIBRARY"]), files.path("pith"), threads, batch,
                                   exact)
    return session.run


def pith_exact(files, threads, batch):
    return pith(files, threads, batch, exact=True)


def onnxruntime(files, threads, batch):
    import onnxruntime as ort
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.log_severity_level = 3
    session = ort.InferenceSession(files.path("onnx", batch), options, providers=["CPUExecutionProvider"])
    return lambda images: session.run(None, {"input": images})[0]


def openvino(files, threads, batch):
    import openvino as ov
    core = ov.Core()
    compiled = core.compile_model(core.read_model(files.path("onnx", batch)), "CPU", {
        "INFERENCE_NUM_THREADS": str(threads), "INFERENCE_PRECISION_HINT": "f32", "NUM_STREAMS": "1",
        "PERFORMANCE_HINT": "LATENCY"})
    request = compiled.create_infer_request()

    def infer(images):
        request.infer([images], share_inputs=True)
        return request.get_output_tensor(0).data
    return infer


def ncnn(files, threads, _):
    """It knows no batches: images are computed one by one."""
    import ncnn as library
    net = library.Net()
    net.opt.num_threads = threads
    net.opt.use_vulkan_compute = False
    for half in ("use_fp16_packed", "use_fp16_storage", "use_fp16_arithmetic", "use_bf16_packed", "use_bf16_storage"):
        setattr(net.opt, half, False)
    net.load_param(files.path("ncnn"))
    net.load_model(files.path("ncnn-weights"))

    def infer(images):
        scores = []
        for image in images:
            extractor = net.create_extractor()
            extractor.input("in0", library.Mat(image))
            scores.append(np.array(extractor.extract("out0")[1]))
        return np.stack(scores)
    return infer


def mnn(files, threads, batch):
    import MNN
    shape = np.load(files.path("input"), mmap_mode="r").shape
    manager = MNN.nn.create_runtime_manager(({"backend": "CPU", "numThread": threads, "precision": "high"},))
    module = MNN.nn.load_module_from_file(files.path("mnn", batch), ["input"], ["output"], runtime_manager=manager,
                                          shape_mutable=False, rearrange=True)
    variable = MNN.expr.placeholder([batch, *shape[1:]], MNN.expr.NCHW)

    def infer(images):
        variable.write(images)
        return np.asarray(module.forward([variable])[0].read())
    # The module uses the manager but does not hold it.
    infer.manager = manager
    return infer


def litert(files, threads, batch):
    """Its images have their channels last; that they are turned round is not timed."""
    from ai_edge_litert.interpreter import Interpreter
    interpreter = Interpreter(model_path=files.path("litert", batch), num_threads=threads)
    interpreter.allocate_tensors()
    source = interpreter.get_input_details()[0]["index"]
    target = interpreter.get_output_details()[0]["index"]

    def infer(images):
        interpreter.set_tensor(source, images)
        interpreter.invoke()
        return interpreter.get_tensor(target)
    return infer


def tract(files, threads, batch):
    if threads != 1:
        raise Unable("its Python package computes with one thread only")
    import tract as library
    model = library.onnx().load(files.path("onnx", batch)).into_model()
    runnable = library.runtime_for_name("default").prepare(model)
    return lambda images: runnable.run([images])[0].to_numpy()


def pytorch(files, threads, batch):
    """Traced, frozen, and laid out for oneDNN."""
    import torch
    from make_network import load
    torch.set_num_threads(threads)
    torch.set_grad_enabled(False)
    net, shape = load(files)
    traced = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(net, torch.zeros(batch, *shape))))
    return lambda images: traced(torch.from_numpy(images)).numpy()


ADAPTERS = {"pith": pith, "pith-exact": pith_exact, "onnxruntime": onnxruntime, "openvino": openvino, "ncnn": ncnn,
            "mnn": mnn, "litert": litert, "tract": tract, "pytorch": pytorch}
PEERS = tuple(name for name in ADAPTERS if not name.startswith("pith"))


def arranged(runtime, images):
    """Images as a runtime takes them."""
    return np.ascontiguousarray(images.transpose(0, 2, 3, 1) if runtime == "litert" else images)
