# Writes, for cmake -P: the assembly and the version script of a stand-in for
# one library of a list (x86_64.txt, aarch64.txt). A model.so is linked against
# the stand-ins, so no C library of the target is needed on the build machine
# and the result does not depend on the one that is there.
#   -DLIST=file -DLIBRARY=libc.so.6 -DOUT=path without extension
file(STRINGS ${LIST} lines REGEX "^${LIBRARY} ")
set(assembly ".section .note.GNU-stack,\"\",%progbits\n.text\n")
set(versions "")
foreach(line ${lines})
  string(REPLACE " " ";" fields "${line}")
  list(GET fields 1 version)
  list(GET fields 2 name)
  string(APPEND assembly ".globl ${name}\n.type ${name},%function\n${name}:\n")
  list(APPEND versions ${version})
  list(APPEND names_${version} ${name})
endforeach()
list(REMOVE_DUPLICATES versions)
set(script "")
foreach(version ${versions})
  list(JOIN names_${version} "; " names)
  string(APPEND script "${version} { global: ${names}; };\n")
endforeach()
file(WRITE ${OUT}.s "${assembly}")
file(WRITE ${OUT}.map "${script}")
