func.func @other() { return }
