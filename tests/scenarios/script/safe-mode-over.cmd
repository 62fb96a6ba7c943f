bcdedit /store <OS DISK you attached>:\boot\bcd /set {default} safeboot minimal
bcdedit /store <OS DISK LETTER>:\boot\bcd /set {default} bootlog yes
bcdedit /store <OS DISK LETTER>:\boot\bcd /deletevalue {default} safeboot
