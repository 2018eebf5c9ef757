#!/usr/bin/python3
"""Saved models are loaded as docs/results.md says: load_models_test.py numpy|torch DPSGD RESULTS_MD.

`numpy` compares all final models with the run's parameter_hash; `torch` loads one into a module and
compares its tensors, and is skipped (77) where there is no python3-torch.
"""
import json
import subprocess
import sys
import tempfile

SKIPPED = 77


def blocks(page):
    """Returns the Python code of the page, block by block."""
    return [part.split("```")[0] for part in page.split("```python\n")[1:]]


START = 0xCBF29CE484222325


def mixed(value, word):
    value = ((value ^ int(word)) * 0x100000001B3) % 2**64
    return value ^ value >> 32


def hash_of_model(words):
    """A model's hash, of 32-bit words: four lanes of 64-bit words in turn, then what is left."""
    whole = len(words) - len(words) % 8
    lanes = [START] * 4
    for place, word in enumerate(words[:whole].view("<u8")):
        lanes[place % 4] = mixed(lanes[place % 4], word)
    value = START
    for part in [*lanes, *words[whole:]]:
        value = mixed(value, part)
    return value


def hash_of(models):
    """The run's parameter hash."""
    value = START
    for words in models:
        value = mixed(value, hash_of_model(words))
    return f"{value:016x}"


def main():
    kind, program, page = sys.argv[1:]
    try:
        import numpy as np
        if kind == "torch":
            import torch
    except ImportError as error:
        print(f"skipped: {error}")
        return SKIPPED
    with_numpy, with_torch = blocks(open(page, encoding="utf-8").read())
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [program, "--nodes=3", "--topology=ring", "--rounds=2", "--network=ideal", "--quiet",
             "--dataset=synthetic:train=60,test=20,size=8", "--model=softmax", "--clock=modelled:1ms",
             "--save-models=final", f"--out={folder}/run"], check=True)
        summary = json.load(open(f"{folder}/run/summary.json", encoding="utf-8"))
        words = np.fromfile(f"{folder}/run/models/final.f32", "<u4")
        assert hash_of(words.reshape(3, -1)) == summary["parameter_hash"], "the models are not the run's"
        code = with_numpy.replace("results/dpsgd/001", f"{folder}/run")
        assert code != with_numpy, "the page names another folder"
        names = {}
        exec(code, names)
        arrays, index = names["arrays"], names["index"]
        assert [list(a.shape) for a in arrays] == [b["shape"] for b in index["layout"]]
        # The last vector is the last third of the file.
        flat = np.concatenate([a.ravel() for a in arrays])
        assert (flat.view("<u4") == words[-len(flat):]).all() and 3 * len(flat) == len(words)
        if kind == "torch":
            weights = arrays[0].shape
            names["model"] = torch.nn.Linear(weights[1], weights[0])
            exec(with_torch, names)
            for tensor, array in zip(names["model"].state_dict().values(), arrays):
                assert (tensor.numpy() == array).all()
    print(f"{len(arrays)} tensors of {len(flat)} values loaded")
    return 0


if __name__ == "__main__":
    sys.exit(main())
