#pragma once

namespace murmur::test {

/// Registers the optimizer `adam` [Kingma and Ba, 2015], with PyTorch's defaults: one with a state
/// of two vectors and a count, written against the open door alone.  To call it again does nothing.
void register_adam();

}  // namespace murmur::test
