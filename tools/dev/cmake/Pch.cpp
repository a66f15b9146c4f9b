// Nothing here: CMake hangs the precompiled header Pch.h on this file.
