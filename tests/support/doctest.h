#pragma once
// LibTorch's logging header (glog, where LibTorch was built with it) defines a CHECK that aborts
// the process.  Take it first so that its include guard is spent; doctest's CHECK then wins
// whatever is included afterwards.  Header only: links without LibTorch.
#if __has_include(<c10/util/Logging.h>)
#include <c10/util/Logging.h>
#undef CHECK
#undef CHECK_EQ
#undef CHECK_NE
#undef CHECK_LT
#undef CHECK_GT
#undef CHECK_LE
#undef CHECK_GE
#endif
// CHECK_THROWS may ignore a [[nodiscard]] result: it asks for the error alone.
#define DOCTEST_CONFIG_VOID_CAST_EXPRESSIONS
#include <doctest/doctest.h>
