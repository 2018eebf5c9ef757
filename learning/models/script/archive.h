#pragma once

#include <string>

namespace murmur {

/// Sees, before LibTorch loads a file of `torch.jit.save`, that loading it runs none of its code
/// and reads no memory but its own: pickles of modules and tensors that lie within their records,
/// and code whose default values and class constants are literals and that has no `__setstate__`,
/// which `torch::jit::load` would run.
/// @pre the file is a sound ZIP file (`require_intact_zip`)
/// @throws std::invalid_argument  with the reason, in one line
void check_script_archive(const std::string& path);

}  // namespace murmur
