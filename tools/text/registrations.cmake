# murmur_registrations(TARGET REGISTRY HEADER FILE...)
# Has FILE.cc's `void register_FILE(REGISTRY&)` called when the registry is made, in this order: a static library would
# drop objects that register themselves. HEADER declares REGISTRY and `void register_all(REGISTRY&)`.
function(murmur_registrations target registry header)
  set(declarations "")
  set(calls "")
  foreach(file ${ARGN})
    get_filename_component(stem ${file} NAME_WE)
    string(APPEND declarations "void register_${stem}(${registry}& registry);\n")
    string(APPEND calls "    register_${stem}(registry);\n")
    target_sources(${target} PRIVATE ${file})
  endforeach()
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/${registry}_registrations.cc)
  file(GENERATE OUTPUT ${generated} CONTENT
"// Made by tools/text/registrations.cmake from the files that CMakeLists.txt names.
#include \"${header}\"

namespace murmur {

${declarations}
void register_all(${registry}& registry) {
${calls}}

}  // namespace murmur
")
  target_sources(${target} PRIVATE ${generated})
endfunction()
