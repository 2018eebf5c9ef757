# Writes a source with the revision of the repository, only where it is another one than it says:
#   cmake -DREPOSITORY=DIR -DOUTPUT=FILE -P revision.cmake
# Runs at every build.  Sources without their history have an empty revision.
set(revision "")
find_program(git git NO_CACHE)
if(git)
  execute_process(COMMAND ${git} -C ${REPOSITORY} rev-parse --show-toplevel HEAD
    OUTPUT_VARIABLE said RESULT_VARIABLE failed ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(NOT failed)
    string(REPLACE "\n" ";" said "${said}")
    list(GET said 0 top)
    file(REAL_PATH ${REPOSITORY} repository)
    # A copy inside of another project's repository has no revision of its own.
    if(top STREQUAL repository)
      list(GET said 1 revision)
      execute_process(COMMAND ${git} -C ${REPOSITORY} diff --quiet HEAD --
        RESULT_VARIABLE is_changed ERROR_QUIET OUTPUT_QUIET)
      if(is_changed)
        string(APPEND revision "-dirty")
      endif()
    endif()
  endif()
endif()
file(CONFIGURE OUTPUT ${OUTPUT} @ONLY CONTENT
"namespace murmur {
extern const char* const kRevision;
const char* const kRevision = \"@revision@\";
}  // namespace murmur
")
